package io.vsmmu.hook.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import com.thaiopensource.util.PropertyMapBuilder;
import com.thaiopensource.validate.ValidateProperty;
import com.thaiopensource.validate.ValidationDriver;
import io.vsmmu.hook.plan.Overrides;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.SAXParseException;

/** libvirt's own schema, of the newest libvirt that Debian has, judges what the hook writes. */
class LibvirtSchemaTest {

  private static Path schema;

  @BeforeAll
  static void findSchema() {
    var folder = System.getenv("VSMMU_LIBVIRT_SCHEMAS");
    assertThat(folder)
        .as("run: export VSMMU_LIBVIRT_SCHEMAS=$(kubevirt-hook/libvirt-schemas)")
        .isNotNull();
    schema = Path.of(folder, "domain.rng");
    assertThat(schema).exists();
  }

  static Stream<Corpus> corpus() {
    return Corpus.all();
  }

  static LongStream seeds() {
    return LongStream.range(0, 100);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("corpus")
  void theCorpusIsValid(Corpus corpus) throws Exception {
    assertThat(faults(corpus.domain())).isEmpty();
    var rewritten =
        GuestTopology.of(corpus.domain(), Corpus.node(), new Overrides(true, false, 48, 16, false));
    assertThat(faults(rewritten.xml())).isEmpty();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void randomDomainsAreValid(long seed) throws Exception {
    var domain = new RandomDomain(seed);
    var rewritten = GuestTopology.of(domain.xml(), domain.node(), domain.overrides());
    assertThat(faults(rewritten.xml())).isEmpty();
    assertThat(faults(Libvirt.completed(rewritten.xml()))).as("the stand-in for libvirt").isEmpty();
  }

  @Test
  void theSchemaKnowsWhatVsmmusHave() throws Exception {
    var xml = new Corpus("one-device").expected();
    assertThat(faults(xml.replace("accel=\"on\"", "accel=\"maybe\""))).isNotEmpty();
    assertThat(faults(xml.replace("accel=\"on\"", "ssidSize=\"16\""))).isNotEmpty();
  }

  private static List<String> faults(String xml) throws Exception {
    var faults = new ArrayList<String>();
    var properties = new PropertyMapBuilder();
    properties.put(ValidateProperty.ERROR_HANDLER, new Collector(faults));
    var driver = new ValidationDriver(properties.toPropertyMap());
    assertThat(driver.loadSchema(ValidationDriver.fileInputSource(schema.toFile())))
        .as("%s can be read: %s", schema, faults)
        .isTrue();
    driver.validate(new InputSource(new StringReader(xml)));
    return faults;
  }

  private record Collector(List<String> faults) implements ErrorHandler {
    @Override
    public void warning(SAXParseException fault) {
      add(fault);
    }

    @Override
    public void error(SAXParseException fault) {
      add(fault);
    }

    @Override
    public void fatalError(SAXParseException fault) {
      add(fault);
    }

    private void add(SAXParseException fault) {
      faults.add("line " + fault.getLineNumber() + ": " + fault.getMessage());
    }
  }
}
