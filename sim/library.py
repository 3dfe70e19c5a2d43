"""The library of what-ifs: under which headings scenarios stand, and what each says of itself before its keys."""

from __future__ import annotations

from pathlib import Path

LABELS = ("Stands for", "Sources say", "Numbers")
"""The parts of the comment with which a shipped scenario begins."""

SECTIONS = {
    "Where to start": ("baseline", "everything"),
    "What kind of strategy": (
        "business_strategy", "media_strategy", "media_strategy_fragmented", "broadcast_only", "no_strategy",
        "good_strategy_no_support", "new_priorities", "steering_committee",
    ),
    "What is measured": ("followers_as_goal", "outcomes_as_goal", "one_roi_for_social"),
    "Sponsors, executives and managers": (
        "strong_sponsor", "silent_executives", "sponsor_leaves", "sponsor_leaves_late", "executives_never_posted",
        "executives_mentored", "managers_block", "rigid_hierarchy",
    ),
    "Money, and what it buys": (
        "no_funding", "budget_cut_at_formalized", "provide_and_pray", "technology_only", "training_only", "viral_launch",
    ),
    "Forms of governance": (
        "no_governance", "decentralised", "centralised", "hub_and_spoke", "multiple_hubs", "rival_hubs", "holistic",
        "cross_functional_groups",
    ),
    "How a hub works, and for how long": (
        "hub_as_police", "hub_as_teacher", "hub_local_execution", "hub_of_marketers", "hub_from_everywhere",
        "hub_closes_early", "hub_too_late",
    ),
    "First steps": ("listening_first", "pilots_known_problems", "pilots_nobodys_problem"),
    "Voices, policy and rumours": (
        "policy_nobody_knows", "policy_made_known", "many_voices", "many_voices_risk_process", "rumour_with_crowd",
        "rumour_without_crowd", "rumour_without_statement",
    ),
    "People who come, go and move": (
        "champions_leave", "high_turnover", "growth_spurt", "reorganisation", "shifting_ground",
    ),
    "Departments and firms that meet": (
        "sales_and_marketing_apart", "sales_under_marketing", "merger_of_cultures", "small_firms_apart",
        "small_firms_networking", "small_firms_alliance",
    ),
}  # fmt: skip
"""Headings, in the order of a reader's interest, and the scenarios below each: the same on the page and at the command line."""


def comment(file: Path) -> dict[str, str]:
    """The parts of a scenario's leading comment by their labels, in their order; none where it begins otherwise."""
    parts: dict[str, str] = {}
    current = ""
    for line in file.read_text("utf-8-sig").splitlines():
        if not line.startswith("# "):
            break
        label, colon, rest = line[2:].partition(": ")
        if colon and label in LABELS:
            parts[label], current = rest, label
        elif not current:
            return {}
        else:
            parts[current] += f" {line[2:]}"
    return parts
