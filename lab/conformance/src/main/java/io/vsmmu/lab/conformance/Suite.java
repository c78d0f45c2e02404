package io.vsmmu.lab.conformance;

import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The tests of some packages. */
final class Suite {
  private final String[] packages;

  Suite(String... packages) {
    this.packages = packages;
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
            .selectors(Arrays.stream(packages).map(DiscoverySelectors::selectPackage).toList())
            .filters(includeClassNamePatterns(".*"))
            .build();
    Launcher launcher = LauncherFactory.create();
    var collector = new ResultCollector(log);
    launcher.execute(request, collector);
    List<CaseResult> results = collector.results();
    if (results.isEmpty()) {
      throw new IllegalStateException("no tests in " + String.join(", ", packages));
    }
    return results;
  }
}
