package io.vsmmu.hook.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GuestTopologyPropertyTest {

  static LongStream seeds() {
    return LongStream.range(0, 1_000);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void everyDomainBecomesSoundAndStaysSo(long seed) throws Exception {
    var domain = new RandomDomain(seed);
    var node = domain.node();
    var overrides = domain.overrides();
    var xml = domain.xml();

    var once = GuestTopology.of(xml, node, overrides).xml();
    SoundTopology.check(once, node);
    assertThat(GuestTopology.of(once, node, overrides).xml()).as("idempotent").isEqualTo(once);

    var completed = Libvirt.completed(once);
    SoundTopology.check(completed, node);
    assertThat(GuestTopology.of(completed, node, overrides).xml())
        .as("stable once libvirt has completed it")
        .isEqualTo(completed);

    var again = GuestTopology.of(Libvirt.readBackByKubeVirt(once), node, overrides).xml();
    SoundTopology.check(again, node);
    assertThat(GuestTopology.of(again, node, overrides).xml()).as("then, too").isEqualTo(again);
  }

  /** What is added is taken out again by an independent reader: the rest must be the same. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatIsNotOursStaysByteForByte(long seed) throws Exception {
    var domain = new RandomDomain(seed);
    var xml = domain.xml();
    var rewritten = GuestTopology.of(xml, domain.node(), domain.overrides()).xml();
    // Without addresses and added elements both texts are the same.
    assertThat(bare(rewritten)).startsWith(bare(xml).replace("</devices></domain>", ""));
    assertThat(rewritten).endsWith("</devices></domain>");
  }

  private static String bare(String xml) {
    return xml.replaceAll("<address type=['\"]pci['\"][^>]*/>", "");
  }
}
