package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.TreeDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A tree's description as text, one object per line, for the process that is to adopt it. */
final class TreeMessage {
  private TreeMessage() {}

  /**
   * Writes the description of a tree whose devices are released.
   *
   * @param registers of the SMMU of each vIOMMU, by the SMMU's name
   */
  static String write(TreeDescription tree, Map<String, Registers> registers) {
    List<String> lines = new ArrayList<>();
    lines.add("ioas " + tree.ioas());
    lines.add("proxy " + tree.initialProxy());
    tree.nestingParents()
        .forEach(parent -> lines.add("parent " + parent.id() + " " + parent.smmu()));
    tree.viommus()
        .forEach(viommu ->
            lines.add(
                "viommu %d %s %d %d %d %s"
                    .formatted(
                        viommu.id(),
                        viommu.smmu(),
                        viommu.nestingParent(),
                        viommu.bypass(),
                        viommu.abort(),
                        registers.get(viommu.smmu()))));
    tree.devices()
        .forEach(device ->
            lines.add(
                "device %s %s %d".formatted(device.pciAddress(), device.smmu(), device.viommu())));
    return String.join("\n", lines);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException for anything else
   */
  static TreeDescription read(String message) {
    OptionalInt ioas = OptionalInt.empty();
    InitialProxy proxy = InitialProxy.ABORT;
    List<TreeDescription.NestingParent> parents = new ArrayList<>();
    List<TreeDescription.Viommu> viommus = new ArrayList<>();
    List<TreeDescription.Device> devices = new ArrayList<>();
    for (String line : message.split("\n", -1)) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "ioas" -> ioas = OptionalInt.of(number(words[1]));
        case "proxy" -> proxy = InitialProxy.valueOf(words[1]);
        case "parent" -> parents.add(new TreeDescription.NestingParent(number(words[1]), words[2]));
        case "viommu" ->
            viommus.add(
                new TreeDescription.Viommu(
                    number(words[1]),
                    words[2],
                    number(words[3]),
                    number(words[4]),
                    number(words[5]),
                    Registers.parse(words[6]).capabilities()));
        case "device" ->
            devices.add(
                new TreeDescription.Device(
                    words[1], words[2], number(words[3]), OptionalLong.empty()));
        default -> throw new IllegalArgumentException("no object of a tree: " + line);
      }
    }
    return new TreeDescription(
        ioas.orElseThrow(() -> new IllegalArgumentException("no address space in: " + message)),
        proxy,
        parents,
        viommus,
        devices);
  }

  private static int number(String text) {
    return Integer.parseInt(text);
  }
}
