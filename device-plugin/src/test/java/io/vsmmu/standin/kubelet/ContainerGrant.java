package io.vsmmu.standin.kubelet;

import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.DeviceSpec;
import io.vsmmu.agent.kubelet.api.deviceplugin.Mount;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a container is started with. Of several answers that name the same variable or path, kubelet
 * keeps one and drops the others.
 *
 * @param env environment variables
 * @param mounts host folders by path in the container
 * @param devices host nodes by path in the container
 */
public record ContainerGrant(
    Map<String, String> env, Map<String, Mount> mounts, Map<String, DeviceSpec> devices) {

  static ContainerGrant of(Collection<ContainerAllocateResponse> answers) {
    Map<String, String> env = new LinkedHashMap<>();
    Map<String, Mount> mounts = new LinkedHashMap<>();
    Map<String, DeviceSpec> devices = new LinkedHashMap<>();
    for (ContainerAllocateResponse answer : List.copyOf(answers)) {
      answer.getEnvsMap().forEach(env::putIfAbsent);
      answer.getMountsList().forEach(mount -> mounts.putIfAbsent(mount.getContainerPath(), mount));
      answer
          .getDevicesList()
          .forEach(device -> devices.putIfAbsent(device.getContainerPath(), device));
    }
    return new ContainerGrant(env, mounts, devices);
  }
}
