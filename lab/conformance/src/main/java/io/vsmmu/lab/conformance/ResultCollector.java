package io.vsmmu.lab.conformance;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Notes how tests end. A container that fails is noted too: its tests may never have run. */
final class ResultCollector implements TestExecutionListener {

  /** What differs from one JVM to the next: identity hashes and the names of lambdas. */
  private static final Pattern OF_THIS_JVM = Pattern.compile("@[0-9a-f]+|\\$\\$Lambda");

  private final PrintStream log;
  private final List<CaseResult> results = new ArrayList<>();

  ResultCollector(PrintStream log) {
    this.log = log;
  }

  synchronized List<CaseResult> results() {
    return List.copyOf(results);
  }

  @Override
  public synchronized void executionSkipped(TestIdentifier test, String reason) {
    results.add(new CaseResult(nameOf(test), Verdict.SKIPPED, reason));
  }

  @Override
  public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
    boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
    if (passed && !test.isTest()) {
      return;
    }
    String name = nameOf(test);
    String reason =
        result.getThrowable().map(thrown -> String.valueOf(thrown.getMessage())).orElse("");
    Verdict verdict =
        switch (result.getStatus()) {
          case SUCCESSFUL -> Verdict.PASSED;
          case ABORTED -> Verdict.NOT_PRODUCED;
          case FAILED -> Verdict.FAILED;
        };
    results.add(new CaseResult(name, verdict, reason));
    if (verdict == Verdict.FAILED) {
      log.println("FAILED " + name);
      result.getThrowable().ifPresent(thrown -> thrown.printStackTrace(log));
    }
  }

  private static String nameOf(TestIdentifier test) {
    return test.getSource()
        .map(source ->
            switch (source) {
              case MethodSource method ->
                  simpleName(method.getClassName())
                      + "."
                      + method.getMethodName()
                      + invocationOf(test);
              case ClassSource type -> simpleName(type.getClassName());
              default -> test.getUniqueId();
            })
        .orElse(test.getUniqueId());
  }

  /** Which invocation of a repeated or parameterized test. */
  private static String invocationOf(TestIdentifier test) {
    var segment = test.getUniqueIdObject().getLastSegment();
    if (!segment.getType().endsWith("invocation")) {
      return "";
    }
    String display = test.getDisplayName();
    return OF_THIS_JVM.matcher(display).find()
        ? String.format(Locale.ROOT, "[%s]", segment.getValue().replace("#", ""))
        : " " + display;
  }

  private static String simpleName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }
}
