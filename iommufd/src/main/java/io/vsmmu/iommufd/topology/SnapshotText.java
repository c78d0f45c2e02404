package io.vsmmu.iommufd.topology;

import io.vsmmu.iommufd.topology.Attribute.Folder;
import io.vsmmu.iommufd.topology.Attribute.Link;
import io.vsmmu.iommufd.topology.Attribute.Text;
import io.vsmmu.iommufd.topology.Attribute.Unreadable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The text form of a {@link TopologySnapshot}: a line for each folder, and below it, indented, a
 * line for each attribute; an attribute of several lines has its name before each.
 */
final class SnapshotText {

  private static final String TITLE = "vsmmu topology 1";
  private static final String INDENT = "  ";

  private static final Pattern FOLDER =
      Pattern.compile(
          "(class/iommu|devices/system(?=/node$)|kernel/iommu_groups|bus/pci/devices)/(\\S+)(?: -> (\\S+))?");
  private static final Pattern NO_SMMUS = Pattern.compile("class/iommu ! (.*)");
  private static final Pattern ATTRIBUTE = Pattern.compile("(\\S.*?) (=|->|/|!)(?: (.*))?");
  private static final Pattern ESCAPE = Pattern.compile("\\\\u([0-9a-f]{4})");

  private final String source;
  private int number;

  private final List<String> smmus = new ArrayList<>();
  private @Nullable Unreadable smmusUnreadable;
  private SysfsFolder nodes = none(SysfsRecorder.NODES);
  private final List<SysfsFolder> groups = new ArrayList<>();
  private final List<SysfsFolder> functions = new ArrayList<>();
  private @Nullable SysfsFolder open;
  private String openIn = "";
  private final TreeMap<String, Attribute> attributes = new TreeMap<>();

  private SnapshotText(String source) {
    this.source = source;
  }

  static String of(TopologySnapshot snapshot) {
    var text = new StringBuilder(TITLE).append('\n');
    smmus(text, snapshot.smmus());
    if (!snapshot.nodes().attributes().isEmpty()) {
      write(text, SysfsRecorder.SYSTEM, snapshot.nodes());
    }
    snapshot.groups().values().forEach(group -> write(text, SysfsRecorder.GROUPS, group));
    snapshot.functions().values().forEach(function -> write(text, SysfsRecorder.DEVICES, function));
    return text.toString();
  }

  private static void smmus(StringBuilder text, Attribute smmus) {
    if (smmus instanceof Unreadable(var why)) {
      text.append('\n')
          .append(SysfsRecorder.IOMMUS)
          .append(" ! ")
          .append(escaped(why))
          .append('\n');
    }
    if (smmus instanceof Folder(var names) && !names.isEmpty()) {
      text.append('\n');
      names.forEach(name ->
          text.append(SysfsRecorder.IOMMUS).append('/').append(escapedWord(name)).append('\n'));
    }
  }

  /**
   * Reads the text form.
   *
   * @param source what errors call it
   */
  static TopologySnapshot parse(String source, List<String> lines) throws IOException {
    return new SnapshotText(source).parse(lines);
  }

  private static void write(StringBuilder text, String kind, SysfsFolder folder) {
    text.append('\n').append(kind).append('/').append(escapedWord(folder.name()));
    if (!folder.place().isEmpty()) {
      text.append(" -> ").append(escapedWord(String.join("/", folder.place())));
    }
    text.append('\n');
    folder
        .attributes()
        .forEach((name, attribute) -> {
          switch (attribute) {
            case Text(var value) ->
                Arrays.stream(value.split("\n", -1)).forEach(line -> write(text, name, "=", line));
            case Link(var target) -> write(text, name, "->", target);
            case Folder(var entries) ->
                write(
                    text,
                    name,
                    "/",
                    entries.stream()
                        .map(SnapshotText::escapedWord)
                        .collect(Collectors.joining(" ")));
            case Unreadable(var why) -> write(text, name, "!", why);
          }
        });
  }

  private static void write(StringBuilder text, String name, String sign, String value) {
    text.append(INDENT).append(name).append(' ').append(sign);
    if (!value.isEmpty()) {
      text.append(' ').append(sign.equals("/") ? value : escaped(value));
    }
    text.append('\n');
  }

  private TopologySnapshot parse(List<String> lines) throws IOException {
    if (lines.isEmpty() || !lines.getFirst().equals(TITLE)) {
      number = 1;
      throw malformed("it does not begin with '" + TITLE + "'");
    }
    for (var line : lines) {
      number++;
      if (number == 1 || line.isBlank()) {
        continue;
      }
      if (line.startsWith(INDENT)) {
        attribute(line.substring(INDENT.length()));
      } else {
        folder(line);
      }
    }
    closeFolder();
    return new TopologySnapshot(
        smmusUnreadable == null ? new Folder(smmus) : smmusUnreadable, nodes, groups, functions);
  }

  private void folder(String line) throws IOException {
    closeFolder();
    var noSmmus = NO_SMMUS.matcher(line);
    if (noSmmus.matches()) {
      smmusUnreadable = new Unreadable(unescaped(noSmmus.group(1)));
      return;
    }
    var match = FOLDER.matcher(line);
    if (!match.matches()) {
      throw malformed("'" + line + "' is no folder of sysfs that a snapshot has");
    }
    var name = unescaped(match.group(2));
    if (match.group(1).equals(SysfsRecorder.IOMMUS)) {
      smmus.add(name);
      return;
    }
    List<String> place =
        match.group(3) == null ? List.of() : List.of(unescaped(match.group(3)).split("/"));
    openIn = match.group(1);
    open = new SysfsFolder(name, place, attributes);
  }

  private void closeFolder() {
    if (open != null) {
      var folder = new SysfsFolder(open.name(), open.place(), attributes);
      switch (openIn) {
        case SysfsRecorder.SYSTEM -> nodes = folder;
        case SysfsRecorder.GROUPS -> groups.add(folder);
        default -> functions.add(folder);
      }
      attributes.clear();
      open = null;
    }
  }

  private void attribute(String line) throws IOException {
    var match = ATTRIBUTE.matcher(line);
    if (open == null || !match.matches()) {
      throw malformed("'" + line + "' is no attribute of a folder");
    }
    var name = match.group(1);
    var value = match.group(3) == null ? "" : match.group(3);
    var attribute =
        switch (match.group(2)) {
          case "=" -> text(attributes.get(name), unescaped(value));
          case "->" -> new Link(unescaped(value));
          case "/" -> new Folder(value.isEmpty() ? List.of() : words(value));
          default -> new Unreadable(unescaped(value));
        };
    attributes.put(name, attribute);
  }

  private static SysfsFolder none(String name) {
    return new SysfsFolder(name, List.of(), Collections.emptySortedMap());
  }

  private static Text text(@Nullable Attribute before, String line) {
    return before instanceof Text earlier ? new Text(earlier.text() + "\n" + line) : new Text(line);
  }

  private static List<String> words(String value) {
    return Arrays.stream(value.split(" ")).map(SnapshotText::unescaped).toList();
  }

  private IOException malformed(String what) {
    return new IOException(
        "%s is no topology snapshot: line %d: %s; take it anew with: vsmmu inspect --output snapshot"
            .formatted(source, number, what));
  }

  private static String escapedWord(String text) {
    return escaped(text).replace(" ", "\\u0020");
  }

  private static String escaped(String text) {
    var escaped = new StringBuilder();
    for (char c : text.toCharArray()) {
      if (c >= ' ' && c <= '~' && c != '\\') {
        escaped.append(c);
      } else {
        escaped.append("\\u%04x".formatted((int) c));
      }
    }
    return escaped.toString();
  }

  private static String unescaped(String text) {
    return ESCAPE
        .matcher(text)
        .replaceAll(match ->
            Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(match.group(1), 16))));
  }
}
