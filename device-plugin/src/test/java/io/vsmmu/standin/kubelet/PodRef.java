package io.vsmmu.standin.kubelet;

/**
 * A pod as kubelet knows it.
 *
 * @param uid its UID, unique for good
 */
public record PodRef(String namespace, String name, String uid) {}
