package io.vsmmu.hook.xml;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Edits of a document, made all at once. They refer to the elements as they were read, so their
 * order does not matter, but for several at one place.
 */
public final class XmlEdits {

  /** Replaces what is between two places; inserts when they are the same. */
  private record Splice(int from, int to, String by) {}

  private static final String NO_STEP = "";

  private final XmlDocument document;
  private final List<Splice> splices = new ArrayList<>();

  public XmlEdits(XmlDocument document) {
    this.document = document;
  }

  /** Adds a child behind the others, indented as they are. */
  public void append(XmlElement parent, NewElement child) {
    if (parent.isOneTag()) {
      int slash = document.text().lastIndexOf('/', parent.end());
      splice(slash, parent.end(), ">" + child.written("", NO_STEP) + "</" + parent.name() + ">");
      return;
    }
    var line = parent.children().isEmpty() ? "" : line(parent.children().getLast());
    int place =
        parent.children().isEmpty() ? parent.contentEnd() : parent.children().getLast().end();
    splice(place, place, line + child.written(line, step(parent, line)));
  }

  /** Puts an element in another's place. */
  public void replace(XmlElement element, NewElement by) {
    splice(element.start(), element.end(), by.written(line(element), NO_STEP));
  }

  /** Removes an element, and its line when it has it for itself. */
  public void remove(XmlElement element) {
    splice(element.start() - line(element).length(), element.end(), "");
  }

  /** Sets an attribute, behind the others when it is new. */
  public void setAttribute(XmlElement element, String name, String value) {
    for (var attribute : element.attributes()) {
      if (attribute.name().equals(name)) {
        splice(attribute.from(), attribute.to(), NewElement.escaped(value));
        return;
      }
    }
    int place =
        element.attributes().isEmpty()
            ? element.nameEnd()
            : element.attributes().getLast().to() + 1; // behind the quotation mark
    splice(place, place, " " + name + "=\"" + NewElement.escaped(value) + "\"");
  }

  /** The document's text with all edits made. */
  public String text() {
    // The sort is stable: insertions at one place stay in the order that they were asked for.
    splices.sort(Comparator.comparingInt(Splice::from));
    var text = new StringBuilder();
    int rest = 0;
    for (var splice : splices) {
      if (splice.from() < rest) {
        throw new IllegalStateException("two edits change the text at " + splice.from());
      }
      text.append(document.text(), rest, splice.from()).append(splice.by());
      rest = splice.to();
    }
    return text.append(document.text(), rest, document.text().length()).toString();
  }

  private void splice(int from, int to, String by) {
    splices.add(new Splice(from, to, by));
  }

  /** The line break and space before an element that begins a line; else empty. */
  private String line(XmlElement element) {
    var text = document.text();
    int from = element.start();
    while (from > 0 && " \t".indexOf(text.charAt(from - 1)) >= 0) {
      from--;
    }
    if (from == 0 || text.charAt(from - 1) != '\n') {
      return "";
    }
    from -= from > 1 && text.charAt(from - 2) == '\r' ? 2 : 1;
    return text.substring(from, element.start());
  }

  private String step(XmlElement parent, String childLine) {
    var outer = indentation(line(parent));
    var inner = indentation(childLine);
    return inner.startsWith(outer) ? inner.substring(outer.length()) : NO_STEP;
  }

  private static String indentation(String line) {
    return line.substring(line.indexOf('\n') + 1);
  }
}
