package io.vsmmu.standin.kubelet;

import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateResponse;
import java.util.List;

/**
 * Devices of one resource that a container holds, and what the plugin answered for them.
 *
 * @param ids at least one
 */
record Assignment(
    PodRef pod,
    String container,
    String resource,
    List<String> ids,
    ContainerAllocateResponse answer) {}
