package io.vsmmu.agent.metrics;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vsmmu.agent.allocation.Allocation;
import io.vsmmu.agent.allocation.AllocationState;
import io.vsmmu.agent.allocation.Allocator;
import io.vsmmu.agent.handoff.HandoffListener;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.iommufd.kernel.Kernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedSet;
import java.util.stream.Stream;

/**
 * The agent's meters. docs/agent.md lists them; their names and labels are an interface of this
 * program.
 */
public final class AgentMetrics implements AutoCloseable {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final MultiGauge devices =
      MultiGauge.builder("vsmmu.devices")
          .description("Schedulable devices of a resource by their state")
          .register(registry);
  private final MultiGauge nesting =
      MultiGauge.builder("vsmmu.smmu.nests")
          .description("1 when a guest's SMMU can be nested on the physical SMMU, 0 when not")
          .register(registry);
  private final MultiGauge allocations =
      MultiGauge.builder("vsmmu.allocations")
          .description("Allocations of containers by their state")
          .register(registry);
  private final MultiGauge registered =
      MultiGauge.builder("vsmmu.kubelet.registered")
          .description("1 when kubelet holds an open ListAndWatch stream of the resource")
          .register(registry);

  /**
   * Starts with no values but the process's own.
   *
   * @param version the agent's
   */
  public AgentMetrics(String version) {
    registry.config().meterFilter(MeterFilter.denyNameStartsWith("jvm.threads.states"));
    Stream.of(
            new JvmMemoryMetrics(),
            new JvmThreadMetrics(),
            new FileDescriptorMetrics(),
            new ProcessorMetrics(),
            new UptimeMetrics())
        .forEach(meters -> meters.bindTo(registry));
    registry.gauge("vsmmu.build.info", Tags.of("version", version), 1);
    show(List.of());
  }

  /** The same kernel; its requests are timed and its errors counted. */
  public Kernel metered(Kernel kernel) {
    return new MeteredKernel(kernel, registry);
  }

  /** The same allocator; its answers are timed. */
  public Allocator metered(Allocator allocator) {
    return new MeteredAllocator(allocator, registry);
  }

  /** Times hand-offs by how they ended. */
  public HandoffListener handoffs() {
    return new HandoffMeters(registry);
  }

  /** Shows what was found on the node. */
  public void show(NodeReport report) {
    devices.register(rows(report.inventory()), true);
    nesting.register(
        report.smmus().values().stream()
            .map(smmu -> Row.of(Tags.of("smmu", smmu.smmu()), smmu.nesting() ? 1 : 0))
            .toList(),
        true);
  }

  /** Shows what containers have. */
  public void show(List<Allocation> all) {
    var counts = all.stream().collect(groupingBy(Allocation::state, counting()));
    allocations.register(
        Arrays.stream(AllocationState.values())
            .map(state -> Row.of(Tags.of(tag("state", state)), counts.getOrDefault(state, 0L)))
            .toList(),
        true);
  }

  /**
   * Shows how resources stand with kubelet.
   *
   * @param byResource whether kubelet holds a stream, for every resource that is to be advertised
   */
  public void show(Map<String, Boolean> byResource) {
    registered.register(
        byResource.entrySet().stream()
            .map(entry ->
                Row.of(
                    Tags.of("resource", entry.getKey()),
                    Boolean.TRUE.equals(entry.getValue()) ? 1 : 0))
            .toList(),
        true);
  }

  /** All values in Prometheus' text format, version 0.0.4. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    registry.close();
  }

  /** A row for each state of each resource: one that falls to nothing must not vanish. */
  private static List<Row<?>> rows(InventorySnapshot snapshot) {
    SequencedSet<String> resources = snapshot.resources();
    var rows = new ArrayList<Row<?>>();
    for (var resource : resources) {
      var counts =
          snapshot.devicesOf(resource).stream().collect(groupingBy(Device::state, counting()));
      for (var state : DeviceState.values()) {
        rows.add(
            Row.of(
                Tags.of(Tag.of("resource", resource), tag("state", state)),
                counts.getOrDefault(state, 0L)));
      }
    }
    return rows;
  }

  /** Enum constants as label values: lower case. */
  static Tag tag(String key, Enum<?> value) {
    return Tag.of(key, value.name().toLowerCase(Locale.ROOT));
  }
}
