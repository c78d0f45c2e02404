package io.vsmmu.hook.xml;

/**
 * An attribute and its place.
 *
 * @param name with its prefix, as written
 * @param value with references resolved
 * @param from where the value begins in the text, behind the quotation mark
 * @param to where it ends
 */
record XmlAttribute(String name, String value, int from, int to) {}
