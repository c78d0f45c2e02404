package io.vsmmu.hook.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.hook.plan.Overrides;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CorpusTest {

  private static final Overrides ALL = new Overrides(true, false, 48, 16, false);

  /** Domains in which nothing is ours. */
  private static final Set<String> UNTOUCHED = Set.of("x86", "no-host-devices", "without-an-smmu");

  private final HostFunctions node = Corpus.node();

  static Stream<Corpus> corpus() {
    return Corpus.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("corpus")
  void aDomainBecomesWhatIsExpected(Corpus corpus) throws Exception {
    var rewritten = rewritten(corpus.domain(), Overrides.NONE);
    if (Boolean.getBoolean(Corpus.WRITE)) {
      corpus.writeExpected(rewritten);
    }
    assertThat(rewritten).isEqualTo(corpus.expected());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("corpus")
  void onlyWhatIsOursChanges(Corpus corpus) throws Exception {
    assertThat(rewritten(corpus.domain(), ALL).equals(corpus.domain()))
        .isEqualTo(UNTOUCHED.contains(corpus.name()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("corpus")
  void theResultIsSound(Corpus corpus) throws Exception {
    if (!corpus.name().equals("x86")) {
      SoundTopology.check(rewritten(corpus.domain(), ALL), node);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("corpus")
  void aSecondCallChangesNothing(Corpus corpus) throws Exception {
    var once = rewritten(corpus.domain(), ALL);
    assertThat(rewritten(once, ALL)).isEqualTo(once);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("corpus")
  void aCallWithWhatLibvirtMadeOfItChangesNothing(Corpus corpus) throws Exception {
    var completed = Libvirt.completed(rewritten(corpus.domain(), ALL));
    assertThat(rewritten(completed, ALL)).isEqualTo(completed);
  }

  /** KubeVirt forgets ssidsize and cmdqv: they, and nothing else, come back. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("corpus")
  void whatKubeVirtForgetsComesBack(Corpus corpus) throws Exception {
    var once = rewritten(corpus.domain(), ALL);
    var again = rewritten(Libvirt.readBackByKubeVirt(once), ALL);
    assertThat(vsmmus(again)).isEqualTo(vsmmus(once));
    if (!corpus.name().equals("x86")) {
      SoundTopology.check(again, node);
    }
    assertThat(again.replace(" ssidsize=\"16\"", "").replace(" cmdqv=\"off\"", ""))
        .isEqualTo(Libvirt.readBackByKubeVirt(once));
  }

  private static String vsmmus(String xml) {
    var text = new StringBuilder();
    for (var iommu : DomainTree.of(xml).devices("iommu")) {
      var attributes = DomainTree.child(iommu, "driver").getAttributes();
      for (int i = 0; i < attributes.getLength(); i++) {
        text.append(attributes.item(i)).append(' ');
      }
    }
    return text.toString();
  }

  private String rewritten(String xml, Overrides overrides) throws Exception {
    return GuestTopology.of(xml, node, overrides).xml();
  }
}
