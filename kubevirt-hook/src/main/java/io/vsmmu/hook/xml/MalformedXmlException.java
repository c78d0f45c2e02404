package io.vsmmu.hook.xml;

/** A text that is no well-formed XML. */
public final class MalformedXmlException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedXmlException(String what, int line, int column) {
    super("line %d, column %d: %s".formatted(line, column, what));
  }
}
