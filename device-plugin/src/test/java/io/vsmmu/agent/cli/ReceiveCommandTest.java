package io.vsmmu.agent.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.DeviceHolders.Holder;
import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.HandoffManifest.Capabilities;
import io.vsmmu.agent.allocation.HandoffManifest.Viommu;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.agent.allocation.HandoffSource;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.handoff.HandoffListener;
import io.vsmmu.agent.handoff.HandoffServer;
import io.vsmmu.agent.handoff.HandoffSettings;
import io.vsmmu.agent.handoff.ManifestCodec;
import io.vsmmu.agent.handoff.MemlockLimit;
import io.vsmmu.agent.handoff.MemlockPolicy;
import io.vsmmu.agent.handoff.PeerCheck;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.NodeServer;
import io.vsmmu.iommufd.simulated.node.RemoteKernel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command against a simulated node, over real sockets and descriptors. */
class ReceiveCommandTest {
  private static final HandoffOffer OFFER =
      new HandoffOffer("a1", "vsmmu.io/nic", Set.of("x"), false);
  private static final Holder HOLDER =
      new Holder(new PodContainer("vms", "vm-1", null, "compute"), "vsmmu.io/nic", Set.of("x"));
  private static final SimulatedMachine.Usage NOTHING = new SimulatedMachine.Usage(0, 0, 0, 0);

  /** Bytes; below the hard limit of any Linux, so that raising to it needs no privilege. */
  private static final long MEMLOCK = 48 << 10;

  @TempDir Path temporary;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private UnaryOperator<HandoffManifest> lie = UnaryOperator.identity();
  private NodeFolder folder;
  private SimulatedMachine machine;
  private NodeServer node;
  private HandoffServer agent;
  private Path socket;

  @BeforeEach
  void start() throws IOException {
    folder = new NodeFolder(temporary.resolve("n"));
    machine = new SimulatedMachine(SimulatedNode.small().onVfio());
    node = NodeServer.start(folder, machine, new SimulatedTree(folder.root(), machine));
    agent =
        new HandoffServer(
            new HandoffSettings(
                temporary.resolve("h"),
                Duration.ofSeconds(30),
                Duration.ZERO,
                MemlockPolicy.of(MemlockLimit.of(MEMLOCK))),
            new PreparedSource(),
            PeerCheck.path(
                () -> new DeviceHolders.Listing(true, Optional.empty(), List.of(HOLDER)),
                Duration.ZERO),
            HandoffListener.NONE);
    socket = agent.open(OFFER).resolve("handoff.sock");
  }

  @AfterEach
  void stop() {
    agent.close();
    node.close();
  }

  @Test
  void provesWhatWasHandedOver() {
    assertThat(receive("--verify")).as(err.toString()).isZero();
    assertThat(out.toString().lines())
        .filteredOn(line -> line.contains("attached to handed bypass proxy"))
        .hasSize(3);
    assertThat(out.toString().lines())
        .filteredOn(line -> line.endsWith("refused with EINVAL, as it must be"))
        .as("each of three devices, as vDEVICE and by attach, on the other SMMU")
        .hasSize(6);
    assertThat(out.toString())
        .contains("proven")
        .contains("0000:89:00.0: vDEVICE")
        .contains("stream id 0x10");
    await().untilAsserted(() -> assertThat(machine.usage()).isEqualTo(NOTHING));
  }

  @Test
  void findsVirtualSmmusThatAreMixedUp() {
    lie = manifest -> withViommus(manifest, swapped(manifest.viommus()));
    assertThat(receive("--verify")).isEqualTo(1);
    assertThat(err.toString()).contains("NOT proven").contains("0000:09:00.0");
    await().untilAsserted(() -> assertThat(machine.usage()).isEqualTo(NOTHING));
  }

  @Test
  void findsAWrongProxy() {
    lie =
        manifest ->
            withViommus(
                manifest,
                manifest.viommus().stream()
                    .map(viommu ->
                        new Viommu(
                            viommu.id(),
                            viommu.type(),
                            viommu.smmu(),
                            viommu.nestingParent(),
                            manifest.ioas() + 1000,
                            viommu.abort(),
                            viommu.capabilities()))
                    .toList());
    assertThat(receive("--verify")).isEqualTo(1);
    assertThat(err.toString()).contains("ENOENT");
  }

  @Test
  void findsCapabilitiesThatTheSmmuDoesNotHave() {
    lie =
        manifest ->
            withViommus(
                manifest,
                manifest.viommus().stream()
                    .map(viommu ->
                        new Viommu(
                            viommu.id(),
                            viommu.type(),
                            viommu.smmu(),
                            viommu.nestingParent(),
                            viommu.bypass(),
                            viommu.abort(),
                            new Capabilities(56, 20, 32, true, true, List.of("4K"))))
                    .toList());
    assertThat(receive("--verify")).isEqualTo(1);
    assertThat(err.toString()).contains("oas=56");
  }

  @Test
  void doesNotCallProvenWhatItCannotProve() {
    lie = ReceiveCommandTest::allBound;
    assertThat(receive("--verify")).isEqualTo(1);
    assertThat(out.toString()).doesNotContain("proven");
    assertThat(err.toString()).contains("handed over bound").contains("handoff: Unbound");
  }

  @Test
  void printsTheManifest() throws IOException {
    assertThat(receive()).isZero();
    HandoffManifest printed = ManifestCodec.manifest(out.toString().getBytes(UTF_8));
    assertThat(printed.devices()).hasSize(3);
    await().untilAsserted(() -> assertThat(machine.usage()).isEqualTo(NOTHING));
  }

  @Test
  void saysThatNothingCame() {
    socket = temporary.resolve("nobody.sock");
    assertThat(receive("--timeout=1")).isEqualTo(3);
    assertThat(err.toString()).contains(socket.toString()).contains("ENOENT");
  }

  @Test
  void saysThatThePathOfTheSocketIsTooLong() {
    socket = temporary.resolve("s".repeat(108));
    assertThat(receive()).isEqualTo(3);
    assertThat(err.toString())
        .startsWith("vsmmu receive: nothing received from " + socket)
        .contains("the path of a Unix socket has at most 107");
  }

  @Test
  void becomesAProgramThatHasTheDescriptors() throws Exception {
    Process process =
        process(
            "--",
            "sh",
            "-c",
            """
            echo "fds $VSMMU_FDS"
            echo "manifest $VSMMU_MANIFEST"
            for fd in $(echo "$VSMMU_FDS" | tr , '\\n' | sed 's/.*=//'); do
              readlink /proc/self/fd/$fd
            done
            grep SigBlk /proc/self/status
            echo "args $0 $1"
            exit 7
            """,
            "one",
            "two words");
    List<String> lines = lines(process);
    assertThat(process.waitFor()).isEqualTo(7);
    assertThat(lines.getFirst())
        .matches("fds iommufd=\\d+,vfio:0000:09:00.0=\\d+,vfio:0000:0a:00.0=\\d+,vfio:.*=\\d+");
    assertThat(ManifestCodec.manifest(lines.get(1).substring("manifest ".length()).getBytes(UTF_8)))
        .extracting(HandoffManifest::allocation)
        .isEqualTo("a1");
    assertThat(lines.subList(2, 6)).allMatch(target -> target.startsWith("socket:["));
    assertThat(lines.get(6)).matches("SigBlk:\\s+0{16}");
    assertThat(lines.getLast()).isEqualTo("args one two words");
    await().untilAsserted(() -> assertThat(machine.usage()).isEqualTo(NOTHING));
  }

  /** In a container without a locale Java has two question marks for the last letter. */
  @Test
  void givesTheProgramItsArgumentsAndEnvironmentAsTheyCame() throws Exception {
    Process process =
        start(
            Stream.concat(
                    Stream.of(
                        "sh",
                        "-c",
                        """
                        word=$(printf 'caf\\303\\251')
                        export LC_ALL=C NAME="$word"
                        exec "$@" "$word" ''
                        """,
                        "sh"),
                    command("--", "sh", "-c", "echo \"$1|$2|$#|$NAME|$LC_ALL\"", "sh").stream())
                .toList());
    assertThat(lines(process)).containsExactly("café||2|café|C");
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void leavesTheProgramNoFileOfItsOwn() throws Exception {
    Process process = process("--", "ls", "-l", "/proc/self/fd");
    assertThat(lines(process))
        .isNotEmpty()
        .noneMatch(line -> line.endsWith(".jar") || line.endsWith("/modules"));
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void leavesTheProgramItsInputThoughThatIsAJar() throws Exception {
    Path jar = Files.createFile(temporary.resolve("input.jar")).toRealPath();
    Process process =
        new ProcessBuilder(command("--", "readlink", "/proc/self/fd/0"))
            .redirectErrorStream(true)
            .redirectInput(jar.toFile())
            .start();
    assertThat(lines(process)).containsExactly(jar.toString());
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void saysThatAProgramCannotBeStarted() throws Exception {
    Process process = process("--", "no-such-program");
    assertThat(String.join("\n", lines(process))).contains("no-such-program").contains("ENOENT");
    assertThat(process.waitFor()).isEqualTo(1);
  }

  @Test
  void holdsWhatItProvedUntilItIsTerminated() throws Exception {
    Process process = process("--verify", "--hold");
    try (BufferedReader lines = process.inputReader()) {
      assertThat(lines.lines().anyMatch(line -> line.contains("holding it"))).isTrue();
      assertThat(machine.usage()).isNotEqualTo(NOTHING);
      process.destroy();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    }
    await().untilAsserted(() -> assertThat(machine.usage()).isEqualTo(NOTHING));
  }

  @Test
  void whatDoesNotGoTogetherIsRefusedBeforeAnythingIsReceived() {
    assertThat(receive("--hold")).isEqualTo(2);
    assertThat(receive("--verify", "--", "true")).isEqualTo(2);
    assertThat(receive("--verify", "--print-qemu-args")).isEqualTo(2);

    assertThat(err.toString())
        .contains("--hold needs --verify")
        .contains("leaves nothing for PROGRAM");
    assertThat(machine.usage()).isEqualTo(NOTHING);
  }

  /** Mapping a guest's memory pins it. */
  @Test
  void theAgentRaisesTheLimitOfPinnedMemory() throws Exception {
    Process process =
        start(
            Stream.concat(
                    Stream.of("sh", "-c", "ulimit -S -l 16 && exec \"$@\"", "sh"),
                    command("--", "sh", "-c", "ulimit -S -l").stream())
                .toList());
    assertThat(lines(process)).containsExactly(String.valueOf(MEMLOCK / 1024));
    assertThat(process.waitFor()).isZero();
  }

  private final class PreparedSource implements HandoffSource {
    @Override
    public Handoff take(String allocation, Collector collector, HandoffProtocol protocol) {
      return prepared();
    }

    @Override
    public boolean isAwaited(String allocation) {
      return false;
    }
  }

  private PreparedTree prepared() {
    return PreparedTree.of(
        new RemoteKernel(folder),
        folder.dev().resolve("iommu"),
        machine.node().devices().stream()
            .map(device ->
                new TreeDevice(
                    device.pciAddress(),
                    folder.dev().resolve("vfio/devices").resolve(device.cdev()),
                    device.smmu()))
            .toList(),
        lie);
  }

  private int receive(String... args) {
    return new CommandLine(new ReceiveCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments(args).toArray(String[]::new));
  }

  private List<String> arguments(String... args) {
    var all = new ArrayList<>(List.of("--socket=" + socket, "--simulated-node=" + folder.root()));
    all.addAll(Arrays.asList(args));
    return all;
  }

  private Process process(String... args) throws IOException {
    return start(command(args));
  }

  private List<String> command(String... args) {
    var command = new ArrayList<>(List.of("receive"));
    command.addAll(arguments(args));
    return CommandRun.process(command);
  }

  private static Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static List<String> lines(Process process) throws IOException {
    try (var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      return reader.lines().toList();
    }
  }

  private static List<Viommu> swapped(List<Viommu> two) {
    Viommu first = two.getFirst();
    Viommu last = two.getLast();
    return List.of(
        new Viommu(
            last.id(),
            first.type(),
            first.smmu(),
            last.nestingParent(),
            last.bypass(),
            last.abort(),
            first.capabilities()),
        new Viommu(
            first.id(),
            last.type(),
            last.smmu(),
            first.nestingParent(),
            first.bypass(),
            first.abort(),
            last.capabilities()));
  }

  private static HandoffManifest allBound(HandoffManifest manifest) {
    return new HandoffManifest(
        manifest.version(),
        manifest.allocation(),
        manifest.fds(),
        manifest.ioas(),
        manifest.initialProxy(),
        manifest.nestingParents(),
        manifest.viommus(),
        manifest.devices().stream()
            .map(device ->
                new HandoffManifest.HandedDevice(
                    device.pciAddress(), device.smmu(), device.viommu(), 0, device.cdev(), true))
            .toList());
  }

  private static HandoffManifest withViommus(HandoffManifest manifest, List<Viommu> viommus) {
    return new HandoffManifest(
        manifest.version(),
        manifest.allocation(),
        manifest.fds(),
        manifest.ioas(),
        manifest.initialProxy(),
        manifest.nestingParents(),
        viommus,
        manifest.devices().stream()
            .map(device ->
                new HandoffManifest.HandedDevice(
                    device.pciAddress(),
                    device.smmu(),
                    viommus.stream()
                        .filter(viommu -> viommu.smmu().equals(device.smmu()))
                        .map(Viommu::id)
                        .findFirst()
                        .orElseThrow(),
                    device.vsid(),
                    device.cdev(),
                    device.bound()))
            .toList());
  }
}
