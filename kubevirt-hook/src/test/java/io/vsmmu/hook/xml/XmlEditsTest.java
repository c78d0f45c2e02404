package io.vsmmu.hook.xml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class XmlEditsTest {

  private static final NewElement CHILD =
      NewElement.of("b").with("x", "1").with(NewElement.of("c"));

  @Test
  void withoutEditsTheTextIsTheSameToTheByte() throws MalformedXmlException {
    var text = "\ufeff<?xml version='1.0'?>\r\n<!-- & --><a  x = '1'\n y=\"&lt;\"  ><b/ ></a>\n\n";
    var sound = text.replace("/ >", "/>");
    assertThat(edits(sound).edits().text()).isEqualTo(sound);
  }

  @Test
  void aChildIsAddedBehindTheOthersAndIndentedLikeThem() throws MalformedXmlException {
    var it = edits("<r>\n  <a>\n    <o/>\n  </a>\n</r>");
    it.edits().append(it.at("a"), CHILD);
    assertThat(it.edits().text())
        .isEqualTo("<r>\n  <a>\n    <o/>\n    <b x=\"1\">\n      <c/>\n    </b>\n  </a>\n</r>");
  }

  @Test
  void lineBreaksStayWhatTheyAre() throws MalformedXmlException {
    var it = edits("<r>\r\n\t<o/>\r\n</r>");
    it.edits().append(it.at(), CHILD);
    assertThat(it.edits().text())
        .isEqualTo("<r>\r\n\t<o/>\r\n\t<b x=\"1\">\r\n\t\t<c/>\r\n\t</b>\r\n</r>");
  }

  @Test
  void aDocumentInOneLineStaysInOneLine() throws MalformedXmlException {
    var it = edits("<r><a><o/></a></r>");
    it.edits().append(it.at("a"), CHILD);
    assertThat(it.edits().text()).isEqualTo("<r><a><o/><b x=\"1\"><c/></b></a></r>");
  }

  @Test
  void anEmptyElementIsOpened() throws MalformedXmlException {
    var it = edits("<r><a k='/' /><e></e></r>");
    it.edits().append(it.at("a"), CHILD);
    it.edits().append(it.at("e"), NewElement.of("n").withText("0"));
    assertThat(it.edits().text())
        .isEqualTo("<r><a k='/' ><b x=\"1\"><c/></b></a><e><n>0</n></e></r>");
  }

  @Test
  void anElementIsReplacedOrRemovedWithItsLine() throws MalformedXmlException {
    var it = edits("<r>\n  <a/>\n  <b>\n   text\n  </b>\n  <c/>\n</r>");
    it.edits().replace(it.at("a"), NewElement.of("d"));
    it.edits().remove(it.at("b"));
    assertThat(it.edits().text()).isEqualTo("<r>\n  <d/>\n  <c/>\n</r>");
  }

  @Test
  void anAttributeIsSetInItsPlaceOrBehindTheOthers() throws MalformedXmlException {
    var it = edits("<r><a x='1' y = \"2\"/><b></b></r>");
    it.edits().setAttribute(it.at("a"), "x", "<&'");
    it.edits().setAttribute(it.at("a"), "z", "3");
    it.edits().setAttribute(it.at("b"), "q", "4");
    assertThat(it.edits().text())
        .isEqualTo("<r><a x='&lt;&amp;&apos;' y = \"2\" z=\"3\"/><b q=\"4\"></b></r>");
  }

  @Test
  void editsAtOnePlaceKeepTheirOrder() throws MalformedXmlException {
    var it = edits("<r><a/></r>");
    it.edits().append(it.at(), NewElement.of("one"));
    it.edits().append(it.at(), NewElement.of("two"));
    assertThat(it.edits().text()).isEqualTo("<r><a/><one/><two/></r>");
  }

  @Test
  void editsThatContradictEachOtherAreRefused() throws MalformedXmlException {
    var it = edits("<r><a><b/></a></r>");
    it.edits().remove(it.at("a"));
    it.edits().remove(it.at("a", "b"));
    assertThatIllegalStateException().isThrownBy(it.edits()::text);
  }

  private record Edited(XmlDocument document, XmlEdits edits) {
    XmlElement at(String... path) {
      return document.root().at(path).orElseThrow();
    }
  }

  private static Edited edits(String text) throws MalformedXmlException {
    var document = XmlDocument.parse(text);
    return new Edited(document, new XmlEdits(document));
  }
}
