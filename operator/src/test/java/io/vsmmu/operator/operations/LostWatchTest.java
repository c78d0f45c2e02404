package io.vsmmu.operator.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.api.config.InformerStoppedHandler;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LostWatchTest {

  private final AtomicInteger exits = new AtomicInteger();
  private final InformerStoppedHandler handler = LostWatch.handler(exits::incrementAndGet);

  @Test
  void aWatchThatFailsAfterItsFirstListEndsTheOperator() {
    handler.onStop(informer(true), new IOException("what is this"));

    assertThat(exits).hasValue(1);
  }

  @Test
  void aStopAndAFailureOfTheFirstListAreTheFrameworks() {
    handler.onStop(informer(true), null);
    handler.onStop(informer(false), new IOException("refused"));

    assertThat(exits).hasValue(0);
  }

  private static SharedIndexInformer<?> informer(boolean hasSynced) {
    return (SharedIndexInformer<?>)
        Proxy.newProxyInstance(
            LostWatchTest.class.getClassLoader(),
            new Class<?>[] {SharedIndexInformer.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "hasSynced" -> hasSynced;
                  case "getApiTypeClass" -> Node.class;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
