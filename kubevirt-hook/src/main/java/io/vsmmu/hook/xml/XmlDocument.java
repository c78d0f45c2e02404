package io.vsmmu.hook.xml;

/**
 * A document with the text that it was read from.
 *
 * @param text all of it, declarations and comments included
 * @param root the root element
 */
public record XmlDocument(String text, XmlElement root) {

  /**
   * Reads well-formed XML 1.0 with Namespaces. Document types are refused: libvirt uses none, and
   * they can hide anything.
   */
  public static XmlDocument parse(String text) throws MalformedXmlException {
    return new XmlDocument(text, new XmlReader(text).read());
  }
}
