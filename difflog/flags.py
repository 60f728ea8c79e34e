"""The flags with which `add` fills an entry, each with the place that it fills; nothing is imported for them."""

from __future__ import annotations

__all__ = ["FLAGS", "LISTS", "NULLABLE"]

# Every flag of `add`, the place in the entry that it fills, and what belongs there.
FLAGS = {
    "--run-id": ("run.run_id", "as run_manifest.json has it"),
    "--git-commit": ("run.git_commit", "the commit that ran, or null beside its reason"),
    "--git-commit-reason": ("run.git_commit_reason", "why there is none"),
    "--docker-image-digest": ("run.docker_image_digest", "sha256:…, or null beside its reason"),
    "--docker-image-digest-reason": ("run.docker_image_digest_reason", "why there is none"),
    "--python-version": ("run.python_version", "such as 3.11.7"),
    "--env": ("environment.env", "demo, live, sim or offline"),
    "--exchange-id": ("environment.exchange_id", "such as okx"),
    "--symbol": ("environment.symbol_in_use", "unified symbol, or null beside its reason"),
    "--symbol-reason": ("environment.symbol_reason", "why it is no single symbol"),
    "--market-type": ("environment.market_type", "swap, spot, future, margin, option or unknown"),
    "--td-mode": ("environment.td_mode", "the account's tdMode, or not_applicable"),
    "--pos-mode": ("environment.pos_mode", "the account's posMode, or not_applicable"),
    "--margin-mode": ("environment.margin_mode", "the account's marginMode, or not_applicable"),
    "--lies": ("environment.lies", "lies planted in the embedded venue: NAME,…"),
    "--library-a": ("libraries.a", "ccxt@VERSION"),
    "--library-b": ("libraries.b", "okx_sdk@VERSION"),
    "--axis": ("axis", "E, I, M or C"),
    "--operation": ("operation", "such as get_positions"),
    "--field": ("field", "the field that differs"),
    "--row-key": ("row_key", "the row of the samples that shows it"),
    "--ccxt-output": ("observed.ccxt_output", "what CCXT said, word for word"),
    "--okx-output": ("observed.okx_output", "what the OKX SDK said, word for word"),
    "--mismatch": ("observed.mismatch", "how the two differ, as a fact"),
    "--ccxt-raw-sample-ref": ("evidence.ccxt_raw_sample_ref", "SHA-256 of a sample that the log holds"),
    "--okx-raw-sample-ref": ("evidence.okx_raw_sample_ref", "SHA-256 of a sample that the log holds"),
    "--raw-samples-at": ("evidence.raw_samples_at", "name of the collection that holds them (env offline)"),
    "--alignment-report-ref": ("evidence.alignment_report_ref", "the report that judged it"),
    "--impact-e": ("impact.E", "what it does to E, or none"),
    "--impact-i": ("impact.I", "what it does to I, or none"),
    "--impact-m": ("impact.M", "what it does to M, or none"),
    "--impact-c": ("impact.C", "what it does to C, or none"),
    "--severity": ("severity", "S0 to S3"),
    "--degrade-strategy": ("mitigation.degrade_strategy", "what an adapter does about it"),
    "--required-manifest-flags": ("mitigation.required_manifest_flags", "FLAG,…"),
    "--status": ("decision.status", "open (default) or understood"),
    "--next-verification": ("decision.next_verification", "when or how it is verified next"),
    "--kind": ("kind", "such as library_disagreement"),
    "--layer": ("layer", "request, transport, parse or venue"),
    "--odd-one-out": ("odd_one_out", "ccxt, okx_sdk, venue or unknown"),
    "--rule": ("rule", "the rule that judged it"),
    "--reason": ("reason", "what was seen, in a sentence"),
    "--outcome": ("outcome", "such as mismatch"),
    "--fingerprint": ("fingerprint", "16 hex digits (default: made from the words above)"),
    "--entry-id": ("entry_id", "default: DIFF-<today>-<fingerprint>"),
}
# Where the word null means that there is no value, and where a comma separates several.
NULLABLE = (
    "run.git_commit",
    "run.docker_image_digest",
    "environment.symbol_in_use",
    "evidence.raw_samples_at",
    "row_key",
)
LISTS = ("environment.lies", "mitigation.required_manifest_flags")
