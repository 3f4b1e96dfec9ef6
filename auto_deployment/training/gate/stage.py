"""The stage `gate`: compare every measurement with its limit, and the lists with the champion's."""

from dataclasses import replace

from auto_deployment.training.gate.checks import GateParams, GateResult
from auto_deployment.training.gate.gate import GateFacts, judge_model
from auto_deployment.training.gate.lists.page import render_lists
from auto_deployment.training.gate.lists.verdict import compare_with_champion
from auto_deployment.training.gate.page import render_gate
from auto_deployment.training.gate.probe import probe
from auto_deployment.training.workspace import Workspace, read_json, write_json


def run(workspace: Workspace, params: GateParams, seed: int) -> GateResult:
    """Write the verdict for programs and for people, and return it."""
    metrics = read_json(workspace.model_metrics)
    comparison = read_json(workspace.comparison)
    facts = GateFacts(
        metrics=metrics,
        probe=probe(workspace.candidate, params.probe_users, seed).to_json(),
        champion=read_json(workspace.champion_facts),
        comparison=comparison["against"],
        intake=read_json(workspace.intake),
        new_events=comparison["new_events"],
        rejected={one["content_hash"]: one["reason"] for one in read_json(workspace.rejected)},
    )
    lists, compared = compare_with_champion(workspace, facts.champion, params.lists, seed)
    result = replace(judge_model(facts, params), lists=lists)
    write_json(workspace.gate_result, result.to_json())
    workspace.gate_page.write_text(render_gate(result, facts), "utf-8")
    page = render_lists(lists, compared, facts.champion["version"])
    workspace.list_page.write_text(page, "utf-8")
    return result
