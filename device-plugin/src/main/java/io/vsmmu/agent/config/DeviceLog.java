package io.vsmmu.agent.config;

import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.InventorySnapshot;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what becomes of devices, where no VSmmu's status tells it. */
public final class DeviceLog {

  private static final Logger LOG = LoggerFactory.getLogger(DeviceLog.class);

  private Map<String, String> logged = Map.of();

  /** Logs what is different from the time before. */
  public void told(InventorySnapshot snapshot) {
    var now = new HashMap<String, String>();
    for (var device : snapshot.devices()) {
      now.put(device.id(), describe(device));
    }
    now.forEach((id, text) -> {
      if (!text.equals(logged.get(id))) {
        LOG.info("{}", text);
      }
    });
    logged.keySet().stream()
        .filter(id -> !now.containsKey(id))
        .forEach(id -> LOG.info("{}: no longer selected, or gone", id));
    logged = now;
  }

  private static String describe(Device device) {
    var text = "%s of %s: %s".formatted(device.id(), device.resource(), device.state());
    return device.message().isEmpty()
        ? text
        : "%s: %s: %s".formatted(text, device.reason(), device.message());
  }
}
