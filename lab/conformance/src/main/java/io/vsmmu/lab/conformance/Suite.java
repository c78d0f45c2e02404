package io.vsmmu.lab.conformance;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Some tests. */
final class Suite {
  private final List<? extends DiscoverySelector> selectors;

  private Suite(List<? extends DiscoverySelector> selectors) {
    this.selectors = selectors;
  }

  /**
   * Tests by what they are in.
   *
   * @param names packages, full names of classes, or of methods: {@code CLASS#METHOD(TYPES)}
   */
  static Suite of(String... names) {
    return new Suite(Arrays.stream(names).map(Suite::selector).toList());
  }

  /**
   * Runs all tests in this JVM, one after another.
   *
   * @param log told of every failure, with its trace
   * @return in the order in which they ran
   * @throws IllegalStateException when there are none
   */
  List<CaseResult> run(PrintStream log) {
    var request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectors)
            .filters(includeClassNamePatterns(".*"))
            .build();
    Launcher launcher = LauncherFactory.create();
    var collector = new ResultCollector(log);
    launcher.execute(request, collector);
    List<CaseResult> results = collector.results();
    if (results.isEmpty()) {
      throw new IllegalStateException("no tests in " + selectors);
    }
    return results;
  }

  private static DiscoverySelector selector(String name) {
    if (name.contains("#")) {
      return selectMethod(name);
    }
    String last = name.substring(name.lastIndexOf('.') + 1);
    return Character.isUpperCase(last.charAt(0)) ? selectClass(name) : selectPackage(name);
  }
}
