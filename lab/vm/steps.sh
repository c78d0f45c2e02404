# shellcheck shell=bash
# Steps of stories with VMs' pods: their image, /dev/kvm, and the VMM that adopts.
#
# Sourced; needs image.sh, and deployment.sh, pods.sh of lab/lib.
# shellcheck disable=SC2154 # story_work is the caller's, the others are of what was sourced

readonly vm_objects=$vm_here/objects

build_vm_image() { vm_image_build "$vm_here/target/image" >"$story_work/image"; }

load_vm_image() { "$deployment_lab" load "$(<"$story_work/image")"; }

give_kvm() {
  kubectl apply -f "$vm_objects/kvm.yaml" >/dev/null && allocatable_is devices.kubevirt.io/kvm 16
}

create() { # POD
  kubectl apply -f "$vm_objects/$1.yaml" >/dev/null
}

adopt() {
  create adopter && phase_is adopter Succeeded 300 && adopted adopter 0
}

# What the pod of a VMM that adopts said: DMA behind two SMMUs, and so many other devices behind the proxies.
adopted() { # POD OTHERS
  local log=$story_work/$1.log
  kubectl logs "$1" >"$log" || return
  indent <"$log"
  [[ $(grep -c '^vmm: .* arrives through bypass proxy .*, none through abort proxy' "$log") -eq 2 ]] &&
    [[ $(sed -nE 's/^vmm: .* of (smmu3[^;]*); DMA .*/\1/p' "$log" | sort -u | wc -l) -eq 2 ]] &&
    [[ $(grep -c '^vmm: .* attached to bypass proxy .*, to abort proxy' "$log") -eq "$2" ]] &&
    grep -q '^vmm: adopted: no address space, stage 2, vIOMMU or proxy was made' "$log" &&
    delete_pod "$1"
}

give_to_late() { create late && phase_is late Running && await_log late '^late: has its devices' 240; }

# When the agent was killed before, it connects while nobody listens.
tell_late() { kubectl exec late -- sh -c 'echo go >/tmp/go'; }

late_adopts() { tell_late && phase_is late Succeeded 360 && adopted late 3; }

# The agent that runs now has not prepared what it handed over: it found it in its ledger.
late_was_restored() {
  agent_log | grep -E 'allocation .* (restored|handed to)' | tee "$story_work/restored.log" | indent
  [[ $(grep -c ' restored' "$story_work/restored.log") -ge 2 ]] && grep -q ' handed to .*late' "$story_work/restored.log"
}
