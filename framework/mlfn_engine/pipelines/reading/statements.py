"""Statements of a pipeline, as nodes that run one after another."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from mlfn.flow import parallel, wait
from mlfn_engine.declarations.problems import Problem
from mlfn_engine.pipelines.graph import Branch, Callee, Choose, Fan, Node, Return, Value
from mlfn_engine.pipelines.reading.calls import check_fit, evaluate_call
from mlfn_engine.pipelines.reading.conditions import evaluate_condition, not_none
from mlfn_engine.pipelines.reading.expressions import evaluate, map_items
from mlfn_engine.pipelines.reading.handlers import compile_try, raise_again
from mlfn_engine.pipelines.reading.lists import settled
from mlfn_engine.pipelines.reading.merging import assigned_names, merge
from mlfn_engine.pipelines.reading.pauses import pause
from mlfn_engine.pipelines.reading.scope import BESIDE, Block, Local, Unknown, outside_of
from mlfn_engine.pipelines.reading.source import Refusal, Source, read_source

_LATER = "Put it inside a model."
_REFUSED: dict[type[ast.stmt], tuple[str, str]] = {
    ast.For: ("A pipeline has no for statement.", "Write a list: results = [model(item) for item in items]."),
    ast.While: ("A pipeline has no while statement.", "Loop inside a model."),
    ast.With: ("A pipeline has no with statement but with parallel().", _LATER),
    ast.TryStar: ("A pipeline has no except*.", "Write except."),
    ast.Assert: ("A pipeline cannot assert.", "Check inside a model: the pipeline fails with its error."),
    ast.Match: ("A pipeline has no match statement.", "Write if and elif."),
    ast.AugAssign: ("A pipeline cannot compute.", "Do it inside a model: a pipeline passes values on."),
    ast.Delete: ("A pipeline cannot delete.", "Remove the line."),
    ast.FunctionDef: ("A pipeline cannot define functions.", "Define it at module level, as a model."),
    ast.AsyncFunctionDef: ("A pipeline cannot define functions.", "Define it at module level, as a model."),
    ast.ClassDef: ("A pipeline cannot define classes.", "Define it at module level."),
    ast.Import: ("A pipeline cannot import.", "Import at module level."),
    ast.ImportFrom: ("A pipeline cannot import.", "Import at module level."),
    ast.Global: ("A pipeline has no global names.", "Pass values from model to model."),
    ast.Nonlocal: ("A pipeline has no outer names.", "Pass values from model to model."),
    ast.AsyncFor: ("A pipeline cannot await.", "Write a list: results = [model(item) for item in items]."),
    ast.AsyncWith: ("A pipeline cannot await.", _LATER),
}


def compile_body(source: Source, block: Block, result: Any, *, is_inner: bool = False) -> tuple[Node, ...]:
    """The nodes of a pipeline's body, whose value has type `result`; what is wrong goes to the context's problems."""
    body = _Body(source=source, result=result, is_inner=is_inner)
    returns = body.compile(source.tree.body, block)
    if not returns and not block.context.problems:
        last = source.tree.body[-1]
        body.note(Refusal(last, "The pipeline may end without a return.", "Return its value on every way."), block)
    return tuple(block.nodes)


def compile_inner(callee: Callee, scope: dict[str, Local], block: Block) -> tuple[Node, ...]:
    """The nodes of a pipeline that another one calls from a block."""
    context, signature = block.context, callee.signature
    source = read_source(callee.handler, context.root)
    if isinstance(source, Problem) or signature is None:
        context.problems.extend([source] if isinstance(source, Problem) else [])
        return ()
    own = replace(context, outside=outside_of(callee.handler), inside=(*context.inside, callee.handler))
    return compile_body(source, Block(context=own, scope=scope), signature.result, is_inner=True)


class _Body:
    """Compiles statements of one pipeline."""

    def __init__(self, *, source: Source, result: Any, is_inner: bool) -> None:
        self._source = source
        self._result = result
        self._is_inner = is_inner

    def note(self, refusal: Refusal, block: Block) -> None:
        """Keep a refusal with the other problems."""
        block.context.problems.append(self._source.problem(refusal))

    def compile(self, statements: list[ast.stmt], block: Block) -> bool:
        """Add the nodes of statements to a block; True if they end in a return on every way."""
        returns = False
        for statement in statements:
            if returns:
                self.note(Refusal(statement, "This is never reached.", "Remove it, or the return before it."), block)
                return True
            try:
                returns = self._statement(statement, block)
            except Refusal as refusal:
                self.note(refusal, block)
                returns = isinstance(statement, ast.Return | ast.Raise)
                for name in assigned_names([statement]):
                    block.assign(name, Unknown())
        return returns

    def _statement(self, node: ast.stmt, block: Block) -> bool:  # noqa: C901 - a line for each kind of statement
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call(func=func) as call):
                pause(call, block) if block.outside(func) is wait else evaluate_call(call, block, evaluate)
            case ast.Expr():
                raise Refusal(node, "This value is not used.", "Assign it, return it, or remove the line.")
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                block.assign(name, _assigned_value(name, value, block))
            case ast.Assign() | ast.AnnAssign():
                raise Refusal(node, "A pipeline assigns one name at a time.", "Write name = value.")
            case ast.Return():
                return self._return(node, block)
            case ast.If():
                return self._if(node, block)
            case ast.Try():
                return compile_try(node, block, self.compile)
            case ast.Raise():
                raise_again(node, block)
                return True
            case ast.With(items=[ast.withitem(context_expr=ast.Call(func=func, args=[], keywords=[]))]) if (
                block.outside(func) is parallel
            ):
                self._parallel(node, block)
            case _:
                sentence, step = _REFUSED.get(type(node), ("A pipeline cannot do this.", _LATER))
                raise Refusal(node, sentence, step)
        return False

    def _return(self, node: ast.Return, block: Block) -> bool:
        value = evaluate(node.value or ast.copy_location(ast.Constant(value=None), node), block)
        check_fit(node.value or node, value, self._result, "The pipeline returns")
        value = settled(value, "result", block)
        state = block.context.names.state("Return")
        block.nodes.append(Return(state=state, value=value, is_inner=self._is_inner))
        return True

    def _if(self, node: ast.If, block: Block) -> bool:
        condition = evaluate_condition(node.test, block, evaluate)
        state = block.context.names.state(f"if {ast.unparse(node.test)}")
        then, otherwise = block.child(), block.child()
        then.narrowed |= not_none(node.test, holds=True)
        otherwise.narrowed |= not_none(node.test, holds=False)
        then_returns = self.compile(node.body, then)
        otherwise_returns = self.compile(node.orelse, otherwise)
        merge(block, [each for each, ends in ((then, then_returns), (otherwise, otherwise_returns)) if not ends])
        block.nodes.append(
            Choose(state=state, condition=condition, then=tuple(then.nodes), otherwise=tuple(otherwise.nodes))
        )
        return then_returns and otherwise_returns

    def _parallel(self, node: ast.With, block: Block) -> None:
        """Every statement is a branch; none sees what another assigns."""
        branches: dict[str, Branch] = {}
        for statement in node.body:
            name, value = _branch_target(statement)
            if name in branches:
                raise Refusal(statement, f"{name} is assigned in another branch already.", "Use another name.")
            way = block.child()
            for sibling in branches:
                way.lose(sibling, BESIDE)
            outer = block.answer(name, Any)
            result = _assigned_value(name, value, way)
            if not way.nodes:
                raise Refusal(statement, "This branch calls no model.", "Write it before or after parallel().")
            branches[name] = Branch(
                body=tuple(way.nodes),
                value=result,
                value_state=block.context.names.state(f"{name} ="),
                result=replace(outer, type=result.type),
            )
        for name, branch in branches.items():
            block.assign(name, branch.result)
        state = block.context.names.state(f"parallel {', '.join(branches)}")
        block.nodes.append(Fan(state=state, branches=tuple(branches.values())))


def _branch_target(statement: ast.stmt) -> tuple[str, ast.expr]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return name, value
    raise Refusal(statement, "A branch of parallel() is an assignment.", "Write name = model(…) on each line.")


def _assigned_value(name: str, node: ast.expr, block: Block) -> Value:
    if isinstance(node, ast.Call):
        return evaluate_call(node, block, evaluate, wanted=name)
    if isinstance(node, ast.ListComp):
        return map_items(node, block, wanted=name)
    return evaluate(node, block)
