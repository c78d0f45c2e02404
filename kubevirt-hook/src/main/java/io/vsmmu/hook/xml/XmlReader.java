package io.vsmmu.hook.xml;

import java.util.ArrayList;
import java.util.List;

/** Reads a text into elements with their places. */
final class XmlReader {

  /** Far more than a domain has, and little enough for a small stack. */
  private static final int DEEPEST = 100;

  private final String text;
  private int at;
  private int depth;

  XmlReader(String text) {
    this.text = text;
  }

  XmlElement read() throws MalformedXmlException {
    if (text.startsWith("\ufeff")) {
      at++;
    }
    skipAround();
    if (!text.startsWith("<", at)) {
      throw malformed("an element was expected", at);
    }
    var root = element();
    skipAround();
    if (at < text.length()) {
      throw malformed("something follows the root element", at);
    }
    return root;
  }

  /** Space, comments and processing instructions before and behind the root element. */
  private void skipAround() throws MalformedXmlException {
    while (true) {
      skipSpace();
      if (text.startsWith("<!DOCTYPE", at)) {
        throw malformed("a document type is not accepted", at);
      }
      if (!skippedComment() && !skipped("<?", "?>")) {
        return;
      }
    }
  }

  private XmlElement element() throws MalformedXmlException {
    int start = at;
    if (++depth > DEEPEST) {
      throw malformed("elements are nested deeper than " + DEEPEST, at);
    }
    at++;
    var name = name();
    int nameEnd = at;
    var attributes = attributes();
    var children = new ArrayList<XmlElement>();
    var characters = new StringBuilder();
    boolean oneTag = skippedText("/>");
    if (!oneTag && !skippedText(">")) {
      throw malformed("the tag <" + name + "> is not closed", at);
    }
    int contentStart = at;
    int contentEnd = oneTag ? at : content(name, start, children, characters);
    depth--;
    return new XmlElement(
        name,
        attributes,
        children,
        characters.toString(),
        start,
        nameEnd,
        contentStart,
        contentEnd,
        at);
  }

  /** Reads until behind the end tag; returns where that begins. */
  private int content(String name, int start, List<XmlElement> children, StringBuilder characters)
      throws MalformedXmlException {
    while (at < text.length()) {
      int here = at;
      if (skippedText("</")) {
        if (!name().equals(name)) {
          throw malformed("</" + name + "> was expected", here);
        }
        skipSpace();
        if (!skippedText(">")) {
          throw malformed("the tag </" + name + "> is not closed", at);
        }
        return here;
      }
      if (skipped("<![CDATA[", "]]>")) {
        characters.append(text, here + "<![CDATA[".length(), at - "]]>".length());
      } else if (!skippedComment() && !skipped("<?", "?>")) {
        if (text.charAt(at) == '<') {
          children.add(element());
        } else {
          int next = text.indexOf('<', at);
          at = next < 0 ? text.length() : next;
          int stray = text.indexOf("]]>", here);
          if (stray >= 0 && stray < at) {
            throw malformed("']]>' ends nothing", stray);
          }
          characters.append(resolved(here, at));
        }
      }
    }
    throw malformed("<" + name + "> is not closed", start);
  }

  private List<XmlAttribute> attributes() throws MalformedXmlException {
    var attributes = new ArrayList<XmlAttribute>();
    while (true) {
      int before = at;
      skipSpace();
      if (at >= text.length() || text.charAt(at) == '>' || text.charAt(at) == '/') {
        return attributes;
      }
      if (at == before) {
        throw malformed("space was expected before an attribute", at);
      }
      var attribute = attribute();
      if (attributes.stream().anyMatch(other -> other.name().equals(attribute.name()))) {
        throw malformed("the attribute " + attribute.name() + " is there twice", before);
      }
      attributes.add(attribute);
    }
  }

  private XmlAttribute attribute() throws MalformedXmlException {
    var name = name();
    skipSpace();
    if (!skippedText("=")) {
      throw malformed("the attribute " + name + " has no value", at);
    }
    skipSpace();
    if (at >= text.length() || text.charAt(at) != '"' && text.charAt(at) != '\'') {
      throw malformed("the value of " + name + " is not quoted", at);
    }
    int from = at + 1;
    int to = text.indexOf(text.charAt(at), from);
    if (to < 0) {
      throw malformed("the value of " + name + " has no end", at);
    }
    int tag = text.indexOf('<', from);
    if (tag >= 0 && tag < to) {
      throw malformed("'<' in the value of " + name, tag);
    }
    at = to + 1;
    return new XmlAttribute(name, resolved(from, to), from, to);
  }

  private String name() throws MalformedXmlException {
    int from = at;
    while (at < text.length() && isNameCharacter(text.charAt(at), at == from)) {
      at++;
    }
    if (at == from) {
      throw malformed("a name was expected", at);
    }
    return text.substring(from, at);
  }

  /** XML allows most of what is beyond ASCII; that is not told apart here. */
  private static boolean isNameCharacter(char c, boolean first) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c == '_'
        || c == ':'
        || c >= 0x80
        || !first && (c >= '0' && c <= '9' || c == '-' || c == '.');
  }

  private String resolved(int from, int to) throws MalformedXmlException {
    int reference = text.indexOf('&', from);
    if (reference < 0 || reference >= to) {
      return text.substring(from, to);
    }
    var resolved = new StringBuilder();
    int rest = from;
    while (reference >= 0 && reference < to) {
      int end = text.indexOf(';', reference);
      if (end < 0 || end >= to) {
        throw malformed("'&' begins no reference", reference);
      }
      resolved.append(text, rest, reference);
      resolved.appendCodePoint(referenced(text.substring(reference + 1, end), reference));
      rest = end + 1;
      reference = text.indexOf('&', rest);
    }
    return resolved.append(text, rest, to).toString();
  }

  private int referenced(String name, int place) throws MalformedXmlException {
    switch (name) {
      case "lt":
        return '<';
      case "gt":
        return '>';
      case "amp":
        return '&';
      case "quot":
        return '"';
      case "apos":
        return '\'';
      default:
        break;
    }
    try {
      int value = name.startsWith("#x") ? Integer.parseInt(name.substring(2), 16) : decimal(name);
      if (Character.isValidCodePoint(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a number that is no character.
    }
    throw malformed("&" + name + "; is no reference", place);
  }

  private static int decimal(String name) {
    if (!name.startsWith("#")) {
      throw new NumberFormatException(name);
    }
    return Integer.parseInt(name.substring(1));
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private boolean skippedText(String expected) {
    boolean there = text.startsWith(expected, at);
    if (there) {
      at += expected.length();
    }
    return there;
  }

  private boolean skippedComment() throws MalformedXmlException {
    int from = at;
    if (!skipped("<!--", "-->")) {
      return false;
    }
    if (text.indexOf("--", from + "<!--".length()) < at - "-->".length()) {
      throw malformed("'--' in a comment", from);
    }
    return true;
  }

  private boolean skipped(String opening, String closing) throws MalformedXmlException {
    if (!text.startsWith(opening, at)) {
      return false;
    }
    int end = text.indexOf(closing, at + opening.length());
    if (end < 0) {
      throw malformed(opening + " has no " + closing, at);
    }
    at = end + closing.length();
    return true;
  }

  private MalformedXmlException malformed(String what, int place) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(place, text.length()); i++) {
      column++;
      if (text.charAt(i) == '\n') {
        line++;
        column = 1;
      }
    }
    return new MalformedXmlException(what, line, column);
  }
}
