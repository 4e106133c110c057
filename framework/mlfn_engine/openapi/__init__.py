"""An app's HTTP API as an OpenAPI document, a module for each kind of route."""
