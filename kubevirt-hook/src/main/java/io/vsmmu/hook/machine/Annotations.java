package io.vsmmu.hook.machine;

import io.vsmmu.hook.plan.Overrides;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The annotations {@code vsmmu.io/…} that say what the VM's vSMMUs are to have. One that is absent,
 * or {@code auto}, means: what the hardware has.
 *
 * <table>
 *   <caption>The annotations</caption>
 *   <tr><td>{@code vsmmu.io/ats}</td><td>{@code on}, {@code off}</td></tr>
 *   <tr><td>{@code vsmmu.io/ril}</td><td>{@code on}, {@code off}</td></tr>
 *   <tr><td>{@code vsmmu.io/oas}</td><td>bits, as SMMU_IDR5.OAS can say: 32, 36, 40, 42, 44, 48, 52,
 *       56</td></tr>
 *   <tr><td>{@code vsmmu.io/ssidsize}</td><td>bits, as SMMU_IDR1.SSIDSIZE can say: 0 to 20</td></tr>
 *   <tr><td>{@code vsmmu.io/cmdqv}</td><td>{@code on}, {@code off}</td></tr>
 * </table>
 */
public final class Annotations {

  private static final String PREFIX = "vsmmu.io/";
  private static final String AUTO = "auto";

  /** The last is the webhook's. */
  private static final Set<String> NAMES =
      Set.of("ats", "ril", "oas", "ssidsize", "cmdqv", "guest-topology");

  private static final Set<Integer> OUTPUT_SIZES = Set.of(32, 36, 40, 42, 44, 48, 52, 56);
  private static final int LARGEST_SSIDSIZE = 20;

  private final Map<String, String> annotations;

  private Annotations(Map<String, String> annotations) {
    this.annotations = annotations;
  }

  /**
   * Reads a VM's overrides.
   *
   * @throws InvalidMachineException when one has a value that means nothing, or there is none of
   *     that name; names it, and what there is to choose from
   */
  public static Overrides overrides(Machine machine) throws InvalidMachineException {
    checkNames(machine);
    var annotations = new Annotations(machine.annotations());
    return new Overrides(
        annotations.onOff("ats"),
        annotations.onOff("ril"),
        annotations.outputSize(),
        annotations.substreamBits(),
        annotations.onOff("cmdqv"));
  }

  /** KubeVirt spells ssidSize: what was misspelled would be left out without a word. */
  private static void checkNames(Machine machine) throws InvalidMachineException {
    for (var annotation : new TreeSet<>(machine.annotations().keySet())) {
      if (annotation.startsWith(PREFIX) && !NAMES.contains(annotation.substring(PREFIX.length()))) {
        throw new InvalidMachineException(
            "there is no annotation %s; after %s there can be %s"
                .formatted(annotation, PREFIX, String.join(", ", new TreeSet<>(NAMES))));
      }
    }
  }

  private @Nullable Boolean onOff(String name) throws InvalidMachineException {
    var value = value(name);
    return switch (value) {
      case null -> null;
      case "on" -> true;
      case "off" -> false;
      default -> throw invalid(name, value, "on, off or auto");
    };
  }

  private @Nullable Integer outputSize() throws InvalidMachineException {
    var value = value("oas");
    if (value == null) {
      return null;
    }
    int bits = number(value);
    if (!OUTPUT_SIZES.contains(bits)) {
      throw invalid(
          "oas",
          value,
          new TreeSet<>(OUTPUT_SIZES)
                  .stream().map(String::valueOf).collect(Collectors.joining(", "))
              + " or auto");
    }
    return bits;
  }

  private @Nullable Integer substreamBits() throws InvalidMachineException {
    var value = value("ssidsize");
    if (value == null) {
      return null;
    }
    int bits = number(value);
    if (bits < 0 || bits > LARGEST_SSIDSIZE) {
      throw invalid("ssidsize", value, "a number from 0 to " + LARGEST_SSIDSIZE + ", or auto");
    }
    return bits;
  }

  private @Nullable String value(String name) {
    var value = annotations.get(PREFIX + name);
    return value == null || value.equals(AUTO) ? null : value;
  }

  /** Negative when it is none. */
  private static int number(String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static InvalidMachineException invalid(String name, String value, String choice) {
    return new InvalidMachineException(
        "the annotation %s%s is '%s'; it can be %s".formatted(PREFIX, name, value, choice));
  }
}
