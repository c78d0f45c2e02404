package io.vsmmu.iommufd.uapi;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the classes with what a C compiler makes of the kernel's headers: {@code
 * uapi-layout.golden}. That this is what the compiler makes is checked by {@code src/test/c/layout
 * check}, which {@code make test} runs before this.
 */
class UapiLayoutTest {
  private static final List<String> GOLDEN = golden();

  private static Stream<Class<?>> classes() {
    return new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.vsmmu.iommufd.uapi")
            .stream()
            .filter(type -> !type.getModifiers().contains(JavaModifier.ABSTRACT))
            .filter(type -> !type.isInterface())
            .map(JavaClass::reflect);
  }

  /** The structures of the uAPI among this package's classes. */
  static Stream<Class<?>> structures() {
    return classes().filter(Structure.class::isAssignableFrom);
  }

  @Test
  void everyStructureIsCompared() {
    assertThat(structures().map(UapiLayoutTest::cName).toList())
        .containsExactlyInAnyOrderElementsOf(lines("struct").map(line -> line[1]).toList());
  }

  @ParameterizedTest
  @MethodSource("structures")
  void sizeAndFields(Class<?> type) throws ReflectiveOperationException {
    Structure structure = make(type);
    String name = cName(type);

    assertThat(structure.size())
        .as("size of %s", name)
        .isEqualTo(
            lines("struct")
                .filter(line -> line[1].equals(name))
                .mapToInt(line -> Integer.parseInt(line[2]))
                .sum());
    Map<String, String> expected =
        lines("field")
            .filter(line -> line[1].equals(name))
            .collect(
                toMap(
                    line -> line[2],
                    line -> line[3] + "+" + line[4],
                    UapiLayoutTest::first,
                    TreeMap::new));
    Map<String, String> actual = new TreeMap<>();
    for (String field : Objects.requireNonNull(type.getAnnotation(FieldOrder.class)).value()) {
      actual.put(field, place(make(type), field));
    }
    assertThat(actual).as("offset+size of the fields of %s", name).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("structures")
  void theFirstFieldOfARequestIsItsSize(Class<?> type) throws ReflectiveOperationException {
    if (make(type) instanceof Request request) {
      request.write();

      assertThat(request.getPointer().getInt(0)).isEqualTo(request.size());
    }
  }

  @Test
  void requestNumbers() {
    Map<String, Integer> actual =
        classes()
            .flatMap(type -> Arrays.stream(type.getDeclaredFields()))
            .filter(field -> field.getType() == Ioctl.class)
            .filter(field -> Modifier.isPublic(field.getModifiers()))
            .map(field -> (Ioctl) value(field))
            .collect(toMap(Ioctl::name, Ioctl::number, UapiLayoutTest::first, TreeMap::new));
    Map<String, Integer> expected =
        lines("ioctl")
            .collect(
                toMap(
                    line -> line[1],
                    line -> Integer.decode(line[2]),
                    UapiLayoutTest::first,
                    TreeMap::new));

    assertThat(actual).isEqualTo(expected);
  }

  @Test
  void constants() {
    Map<String, Long> actual =
        classes()
            .flatMap(type -> Arrays.stream(type.getDeclaredFields()))
            .filter(field -> field.getName().matches("(IOMMU|IOMMUFD|VFIO)_.*"))
            .collect(
                toMap(Field::getName, UapiLayoutTest::number, UapiLayoutTest::first, TreeMap::new));
    Map<String, Long> expected =
        lines("constant")
            .collect(
                toMap(
                    line -> line[1],
                    line -> Long.decode(line[2]),
                    UapiLayoutTest::first,
                    TreeMap::new));

    assertThat(actual).isEqualTo(expected);
  }

  @Test
  void errorNumbers() {
    assertThat(lines("errno"))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(Errno.of(Integer.parseInt(line[2]))).hasToString(line[1]));
  }

  /** Where in memory a field lands, found by setting its bits: {@code offset+size}. */
  private static String place(Structure structure, String name)
      throws ReflectiveOperationException {
    Field field = structure.getClass().getField(name);
    for (String other :
        Objects.requireNonNull(structure.getClass().getAnnotation(FieldOrder.class)).value()) {
      set(structure, structure.getClass().getField(other), 0);
    }
    set(structure, field, -1);
    structure.clear();
    structure.write();
    int[] bytes =
        IntStream.range(0, structure.size())
            .filter(i -> structure.getPointer().getByte(i) == -1)
            .toArray();
    assertThat(bytes).as("bytes of %s", name).isNotEmpty();
    assertThat(bytes[bytes.length - 1] - bytes[0] + 1).isEqualTo(bytes.length);
    return bytes[0] + "+" + bytes.length;
  }

  private static void set(Structure structure, Field field, int value)
      throws ReflectiveOperationException {
    if (field.get(structure) instanceof Structure nested) {
      for (Field inner : nested.getClass().getFields()) {
        if (!Modifier.isStatic(inner.getModifiers())) {
          set(nested, inner, value);
        }
      }
    } else if (field.getType().isArray()) {
      Object array = Objects.requireNonNull(field.get(structure));
      for (int i = 0; i < Array.getLength(array); i++) {
        Array.set(array, i, boxed(field.getType().getComponentType(), value));
      }
    } else {
      field.set(structure, boxed(field.getType(), value));
    }
  }

  private static Object boxed(Class<?> type, int value) {
    if (type == long.class) {
      return (long) value;
    }
    if (type == short.class) {
      return (short) value;
    }
    if (type == byte.class) {
      return (byte) value;
    }
    return value;
  }

  private static Structure make(Class<?> type) {
    try {
      return (Structure) type.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long number(Field constant) {
    return ((Number) value(constant)).longValue();
  }

  private static Object value(Field constant) {
    try {
      return Objects.requireNonNull(constant.get(null));
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** {@code IommuIoasAlloc} is {@code iommu_ioas_alloc}. */
  private static String cName(Class<?> type) {
    return type.getSimpleName().replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  private static Stream<String[]> lines(String kind) {
    return GOLDEN.stream().map(line -> line.split(" ")).filter(line -> line[0].equals(kind));
  }

  private static <T> T first(T first, T second) {
    return first;
  }

  private static List<String> golden() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    UapiLayoutTest.class.getResourceAsStream("uapi-layout.golden")),
                StandardCharsets.US_ASCII))) {
      return reader.lines().collect(Collectors.toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
