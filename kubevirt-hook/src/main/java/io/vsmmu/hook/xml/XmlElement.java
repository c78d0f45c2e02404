package io.vsmmu.hook.xml;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An element and its place in the text of its document. */
public final class XmlElement {

  private final String name;
  private final List<XmlAttribute> attributes;
  private final List<XmlElement> children;
  private final String text;
  private final int start;
  private final int nameEnd;
  private final int contentStart;
  private final int contentEnd;
  private final int end;

  /**
   * @param text its own character data, without that of its children
   * @param start where its start tag begins
   * @param nameEnd behind the name in the start tag
   * @param contentStart behind the start tag
   * @param contentEnd before the end tag; {@code contentStart} when the element is one tag
   * @param end behind its last tag
   */
  XmlElement(
      String name,
      List<XmlAttribute> attributes,
      List<XmlElement> children,
      String text,
      int start,
      int nameEnd,
      int contentStart,
      int contentEnd,
      int end) {
    this.name = name;
    this.attributes = List.copyOf(attributes);
    this.children = List.copyOf(children);
    this.text = text;
    this.start = start;
    this.nameEnd = nameEnd;
    this.contentStart = contentStart;
    this.contentEnd = contentEnd;
    this.end = end;
  }

  /** With its prefix, as written. */
  public String name() {
    return name;
  }

  public List<XmlElement> children() {
    return children;
  }

  /** The children of one name, in their order. */
  public Stream<XmlElement> children(String childName) {
    return children.stream().filter(child -> child.name.equals(childName));
  }

  /** The first child of one name. */
  public Optional<XmlElement> child(String childName) {
    return children(childName).findFirst();
  }

  /** The first element below, each step a child's name. */
  public Optional<XmlElement> at(String... path) {
    var found = Optional.of(this);
    for (var step : path) {
      found = found.flatMap(element -> element.child(step));
    }
    return found;
  }

  /** The value of an attribute; null when it is not there. */
  public @Nullable String attribute(String attributeName) {
    return attributes.stream()
        .filter(attribute -> attribute.name().equals(attributeName))
        .map(XmlAttribute::value)
        .findFirst()
        .orElse(null);
  }

  /** Its own character data without the space around it. */
  public String text() {
    return text.strip();
  }

  List<XmlAttribute> attributes() {
    return attributes;
  }

  int start() {
    return start;
  }

  int nameEnd() {
    return nameEnd;
  }

  int contentStart() {
    return contentStart;
  }

  int contentEnd() {
    return contentEnd;
  }

  int end() {
    return end;
  }

  /** Whether it is written as one tag: {@code <boot/>}. */
  boolean isOneTag() {
    return contentStart == end;
  }
}
