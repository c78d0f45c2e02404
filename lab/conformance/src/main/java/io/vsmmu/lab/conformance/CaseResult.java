package io.vsmmu.lab.conformance;

/**
 * A case and how it ended.
 *
 * @param name the same at every place
 * @param reason why it did not pass; empty when it did
 */
record CaseResult(String name, Verdict verdict, String reason) {}
