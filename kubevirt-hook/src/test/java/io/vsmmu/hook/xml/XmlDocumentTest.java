package io.vsmmu.hook.xml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXParseException;
import org.xml.sax.helpers.DefaultHandler;

class XmlDocumentTest {

  @Test
  void elementsAttributesAndTextAreRead() throws MalformedXmlException {
    var root =
        XmlDocument.parse(
                "<?xml version='1.0'?><!-- <no/> --><a:r k='&lt;&#65;&#x42;'>\n <n> 1<!-- x -->2 </n>"
                    + "<n/><![CDATA[<&]]></a:r><!-- end -->")
            .root();
    assertThat(root.name()).isEqualTo("a:r");
    assertThat(root.attribute("k")).isEqualTo("<AB");
    assertThat(root.attribute("other")).isNull();
    assertThat(root.children()).extracting(XmlElement::name).containsExactly("n", "n");
    assertThat(root.at("n").orElseThrow().text()).isEqualTo("12");
    assertThat(root.text()).isEqualTo("<&");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | line 1, column 1: an element was expected",
        "text | line 1, column 1: an element was expected",
        "<a> | line 1, column 1: <a> is not closed",
        "<a><b></a></b> | line 1, column 7: </b> was expected",
        "<a/><b/> | line 1, column 5: something follows the root element",
        "<a x=1/> | line 1, column 6: the value of x is not quoted",
        "<a x='1/> | line 1, column 6: the value of x has no end",
        "<a x='1'y='2'/> | line 1, column 9: space was expected before an attribute",
        "<a x='1' x='2'/> | line 1, column 9: the attribute x is there twice",
        "<a x/> | line 1, column 5: the attribute x has no value",
        "<a x='<'/> | line 1, column 7: '<' in the value of x",
        "<a>&nbsp;</a> | line 1, column 4: &nbsp; is no reference",
        "<a>&#xzz;</a> | line 1, column 4: &#xzz; is no reference",
        "<a>&b</a> | line 1, column 4: '&' begins no reference",
        "<a>]]></a> | line 1, column 4: ']]>' ends nothing",
        "<a><!-- -- --></a> | line 1, column 4: '--' in a comment",
        "<a><!-- </a> | line 1, column 4: <!-- has no -->",
        "<!DOCTYPE a><a/> | line 1, column 1: a document type is not accepted",
        "<1/> | line 1, column 2: a name was expected",
        "<a | line 1, column 3: the tag <a> is not closed",
      })
  void whatIsNotWellFormedIsRefusedWithItsPlace(String text, String error) {
    assertThatThrownBy(() -> XmlDocument.parse(text))
        .isInstanceOf(MalformedXmlException.class)
        .hasMessage(error);
  }

  @Test
  void placesCountLines() {
    assertThatThrownBy(() -> XmlDocument.parse("<a>\n  <b>\n</a>"))
        .hasMessage("line 3, column 1: </b> was expected");
  }

  @Test
  void aBottomlessDocumentIsRefusedBeforeTheStackEnds() {
    assertThatThrownBy(() -> XmlDocument.parse("<a>".repeat(100_000)))
        .isInstanceOf(MalformedXmlException.class)
        .hasMessageContaining("nested deeper");
  }

  static Stream<Long> seeds() {
    return IntStream.range(0, 1_000).mapToObj(Long::valueOf);
  }

  /** The JDK's parser tells what is well-formed, and what it says. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void randomTextIsReadAsTheJdkReadsIt(long seed) throws Exception {
    var random = RandomGeneratorFactory.getDefault().create(seed);
    var text = damaged(random, randomElement(random, 0));
    String expected;
    try {
      expected = described(jdk(text));
    } catch (SAXParseException e) {
      assertThatThrownBy(() -> XmlDocument.parse(text), "%s: %s", e.getMessage(), text)
          .isInstanceOf(MalformedXmlException.class);
      return;
    }
    assertThat(described(XmlDocument.parse(text).root())).as(text).isEqualTo(expected);
  }

  private static String randomElement(RandomGenerator random, int depth) {
    var name = pick(random, "a", "b", "c-1", "d.e");
    var xml = new StringBuilder("<").append(name);
    for (var attribute : new String[] {"x", "y", "z"}) {
      if (random.nextInt(3) == 0) {
        char quote = random.nextBoolean() ? '"' : '\'';
        xml.append(pick(random, " ", "\n\t", "  "))
            .append(attribute)
            .append(pick(random, "=", " = ", "=\t"))
            .append(quote)
            .append(pick(random, "", "1", "&amp;&lt;", "/&gt;", "]]&gt;", "&#x41;", "é"))
            .append(quote);
      }
    }
    if (random.nextInt(3) == 0) {
      return xml.append(pick(random, "/>", " />")).toString();
    }
    xml.append(pick(random, ">", " >"));
    for (int i = random.nextInt(4); i > 0 && depth < 4; i--) {
      xml.append(
          switch (random.nextInt(5)) {
            case 0 -> "<!-- <no> & -->";
            case 1 -> "<![CDATA[<a>&]]>";
            case 2 -> pick(random, " text ", "1 &gt; 0", "\n\t");
            default -> randomElement(random, depth + 1);
          });
    }
    return xml.append("</").append(name).append(pick(random, ">", " >")).toString();
  }

  private static String damaged(RandomGenerator random, String sound) {
    if (random.nextInt(3) > 0) {
      return sound;
    }
    int at = random.nextInt(sound.length());
    return sound.substring(0, at) + sound.substring(at + 1);
  }

  private static String pick(RandomGenerator random, String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private static Element jdk(String text) throws Exception {
    var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    builder.setErrorHandler(new DefaultHandler());
    return builder.parse(new InputSource(new StringReader(text))).getDocumentElement();
  }

  private static String described(Element element) {
    var text = new StringBuilder(element.getTagName());
    for (var name : new String[] {"x", "y", "z"}) {
      if (element.hasAttribute(name)) {
        text.append(' ').append(name).append('=').append(element.getAttribute(name));
      }
    }
    text.append('{');
    var own = new StringBuilder();
    for (var child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
      if (child instanceof Element nested) {
        text.append(described(nested));
      } else if (child.getNodeType() == Node.TEXT_NODE
          || child.getNodeType() == Node.CDATA_SECTION_NODE) {
        own.append(child.getNodeValue());
      }
    }
    return text.append('}').append(own.toString().strip()).toString();
  }

  private static String described(XmlElement element) {
    var text = new StringBuilder(element.name());
    for (var name : new String[] {"x", "y", "z"}) {
      var value = element.attribute(name);
      if (value != null) {
        text.append(' ').append(name).append('=').append(value);
      }
    }
    text.append('{');
    element.children().forEach(child -> text.append(described(child)));
    return text.append('}').append(element.text()).toString();
  }
}
