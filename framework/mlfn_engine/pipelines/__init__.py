"""Compile a pipeline: Python source → typed graph → Amazon States Language."""

from mlfn_engine.pipelines.compiler import Compiled, compile_pipeline
from mlfn_engine.pipelines.graph import Callee

__all__ = ["Callee", "Compiled", "compile_pipeline"]
