package io.vsmmu.hook.xml;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An element to be added.
 *
 * @param attributes in the order that they are written in
 * @param text its character data; only without children
 */
public record NewElement(
    String name, Map<String, String> attributes, List<NewElement> children, String text) {

  public NewElement {
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    children = List.copyOf(children);
  }

  public static NewElement of(String name) {
    return new NewElement(name, Map.of(), List.of(), "");
  }

  public NewElement with(String attribute, String value) {
    var more = new LinkedHashMap<>(attributes);
    more.put(attribute, value);
    return new NewElement(name, more, children, text);
  }

  public NewElement with(Map<String, String> others) {
    var more = new LinkedHashMap<>(attributes);
    more.putAll(others);
    return new NewElement(name, more, children, text);
  }

  public NewElement with(NewElement child) {
    var more = new ArrayList<>(children);
    more.add(child);
    return new NewElement(name, attributes, more, text);
  }

  public NewElement withText(String characters) {
    return new NewElement(name, attributes, children, characters);
  }

  /**
   * Its text.
   *
   * @param line what a line begins with, the line break included; empty for all in one line
   * @param step what each level adds to that
   */
  String written(String line, String step) {
    var written = new StringBuilder("<").append(name);
    attributes.forEach((attribute, value) ->
        written.append(' ').append(attribute).append("=\"").append(escaped(value)).append('"'));
    if (children.isEmpty() && text.isEmpty()) {
      return written.append("/>").toString();
    }
    written.append('>').append(escaped(text));
    String inner = line.isEmpty() ? "" : line + step;
    children.forEach(child -> written.append(inner).append(child.written(inner, step)));
    if (!children.isEmpty()) {
      written.append(line);
    }
    return written.append("</").append(name).append('>').toString();
  }

  static String escaped(String value) {
    return value
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace("\"", "&quot;")
        .replace("'", "&apos;");
  }
}
