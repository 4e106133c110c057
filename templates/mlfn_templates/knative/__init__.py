"""Container functions: a Knative Service for each model."""

from pathlib import Path

from mlfn_templates.knative.services import ServiceImage, interface, render_service, revision_name

SCHEMA = Path(__file__).with_name("service.schema.json")
"""JSON Schema of what is rendered."""

__all__ = ["SCHEMA", "ServiceImage", "interface", "render_service", "revision_name"]
