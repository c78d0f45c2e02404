SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build demo test e2e vm launch agent-test refusals cluster-test conformance soak bench fmt clean

help: ## show this list
	@echo "VSmmu: PCI devices with nested IOMMU translation for VMs on Kubernetes"
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "Long artefacts (control plane, lab kernel) are built once into $${VSMMU_CACHE:-$${XDG_CACHE_HOME:-~/.cache}/vsmmu}."

build: ## compile and package every module, without tests
	@mkdir -p target && touch target/build.began && tools/mvn -q -DskipTests package && tools/jars --packaged target/build.began

demo: ## the main job on a simulated node: real API server, operator, agent; no root, under a minute once built
	@lab/demo/run

test: ## all tests: units, the real API server, the demo, and the lab's real node (root; builds it the first time; FULL=1: all that follows too)
	@tools/test

e2e: ## the main job on a real arm64 node with nested SMMUs, from nothing to proven (root)
	@lab/e2e/run

vm: ## a VM boots in a pod on what the agent prepared, and what can go wrong does (root; FULL=1: the slow failures too)
	@lab/vm/run $(if $(FULL),--full)

launch: ## a VM by our sidecar and libvirt, on KubeVirt's socket (root)
	@lab/vm/launch

agent-test: ## kubelet's restarts, hotplug, virtual functions, a variant driver, on the real node (root)
	@lab/agent/run

refusals: ## what a node cannot offer, and says so (root)
	@lab/refusals/run

cluster-test: ## two nodes, what is scheduled where, and restarts under running VMs, as a table (root; FULL=1: pairs, and a reboot)
	@lab/cluster/run $(if $(FULL),--full)

conformance: ## kernel and simulator compared case by case, and DMA as proof, on the lab's real node (root)
	@lab/conformance/run

soak: ## 500 pods come and go on the lab's real kernel (root)
	@lab/soak/run

bench: ## one table of ratios: what each part costs over the bare work (some minutes, on an idle machine)
	@bench/run

fmt: ## format the Java sources
	@tools/mvn -q spotless:apply

clean: ## remove what Maven built; the cache stays (remove its folder by hand to build everything anew)
	@tools/mvn -q clean
