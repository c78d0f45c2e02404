# shellcheck shell=bash
# A whole Kubernetes control plane (etcd, kube-apiserver, kube-controller-manager, kube-scheduler) in a
# network namespace, under a run directory:
#
#   RUN/pki/            keys and certificates, made once per run directory
#   RUN/kubeconfig/     admin, controller-manager and scheduler, for programs in the namespace; kubelet,
#                       for the node
#   RUN/etcd/           the data
#   RUN/processes/, RUN/logs/   see process.sh
#
# The namespace is the caller's (process_start's programs enter it by nsenter --net, for ip-netns-exec
# would hide the cgroup mounts). etcd listens on its loopback only, without TLS; the API server on every
# address of it.
#
# Sourced; needs story.sh, progress.sh, binaries.sh, process.sh. Every return has its status: in a trap, a bare
# "return" returns the status from before the trap.

# The machine's end of the link to the node, the node's end, and the service address of the API server,
# which the node translates to the first.
readonly CONTROLPLANE_ADDRESS=10.89.0.1
readonly CONTROLPLANE_PORT=6443
readonly CONTROLPLANE_SERVICE_ADDRESS=10.0.0.1
readonly CONTROLPLANE_SERVICE_RANGE=10.0.0.0/24
readonly CONTROLPLANE_NODE_NAME=lab-arm64
readonly CONTROLPLANE_NODE_ADDRESS=10.89.0.2

readonly CONTROLPLANE_COMPONENTS="etcd kube-apiserver kube-controller-manager kube-scheduler"

# Makes keys, certificates and kubeconfigs, which a node may be given before the control plane runs.
controlplane_prepare() { # RUN NETNS_FILE
  local run=$1 netns=$2
  controlplane_check_tools || return 1
  [[ -e $netns ]] || {
    story_say "there is no network namespace $netns"
    return 1
  }
  mkdir -p "$run" || return 1
  chmod 700 "$run"
  run=$(realpath "$run")
  nsenter --net="$netns" ip link set lo up || return 1
  controlplane_make_certificates "$run/pki" || return 1
  controlplane_make_kubeconfigs "$run" || return 1
  printf '%s\n' "$netns" >"$run/netns"
}

# Starts what does not run yet, and returns when the API server is ready and the controllers have made the
# default service account, which the first pod needs.
controlplane_start() { # RUN NETNS_FILE
  local run component
  controlplane_prepare "$1" "$2" || return 1
  run=$(realpath "$1")
  controlplane_start_component "$run" etcd || return 1
  controlplane_start_component "$run" kube-apiserver || return 1
  # The others give up when they find no API server.
  controlplane_await_ready "$run" || return 1
  controlplane_start_component "$run" kube-controller-manager || return 1
  controlplane_start_component "$run" kube-scheduler || return 1
  controlplane_kubectl "$run" wait --for=create --timeout=180s --namespace=default serviceaccount/default >/dev/null || {
    story_say "no default service account after 180 s; see $run/logs/kube-controller-manager.log"
    return 1
  }
  for component in $CONTROLPLANE_COMPONENTS; do
    controlplane_check_runs "$run" "$component" || return 1
  done
}

# Ends all components, also those that an earlier, killed script started. Data and certificates stay for
# the next start.
controlplane_stop() { # RUN
  local run=$1 component status=0
  # In the reverse order, for each writes to the one before it when it ends.
  for component in kube-scheduler kube-controller-manager kube-apiserver etcd; do
    process_stop "$run" "$component" 20 || status=1
  done
  return "$status"
}

# Starts one component, as controlplane_start does, without waiting for it.
controlplane_start_component() { # RUN COMPONENT
  local run=$1 component=$2 netns binary
  read -r netns <"$run/netns" || return 1
  binary=$(controlplane_binary "$component" lab) || return 1
  local -a flags
  case $component in
    etcd) controlplane_etcd_flags "$run" ;;
    kube-apiserver) controlplane_apiserver_flags "$run" ;;
    kube-controller-manager) controlplane_controller_manager_flags "$run" ;;
    kube-scheduler) controlplane_scheduler_flags "$run" ;;
    *)
      story_say "unknown component '$component' (known: $CONTROLPLANE_COMPONENTS)"
      return 2
      ;;
  esac
  process_start "$run" "$component" nsenter --net="$netns" "$binary" "${flags[@]}"
}

controlplane_stop_component() { # RUN COMPONENT
  process_stop "$1" "$2" 20
}

# Prints a line per component: its name, and its pid or "stopped".
controlplane_status() { # RUN
  local component pid
  for component in $CONTROLPLANE_COMPONENTS; do
    pid=$(process_pid "$1" "$component") || pid=stopped
    printf '%s %s\n' "$component" "$pid"
  done
}

# Runs kubectl as cluster-admin, in the namespace.
controlplane_kubectl() { # RUN ARGUMENT...
  local run=$1 netns kubectl
  shift
  read -r netns <"$run/netns" || {
    story_say "no control plane was started under $run"
    return 1
  }
  kubectl=$(controlplane_binary kubectl lab) || return 1
  # A discovery cache in the home directory would be that of an earlier lab.
  nsenter --net="$netns" "$kubectl" --kubeconfig="$run/kubeconfig/admin" --cache-dir="$run/kubectl-cache" "$@"
}

# Returns when the API server says that it is ready; fails at once when it or etcd has ended.
controlplane_await_ready() { # RUN [SECONDS]
  local run=$1 deadline=$((SECONDS + ${2:-180})) component answer
  until answer=$(controlplane_kubectl "$run" get --raw=/readyz 2>&1) && [[ $answer == ok ]]; do
    for component in etcd kube-apiserver; do
      controlplane_check_runs "$run" "$component" || return 1
    done
    if ((SECONDS >= deadline)); then
      story_say "the API server is not ready after ${2:-180} s: $answer; see $run/logs/kube-apiserver.log"
      return 1
    fi
    sleep 0.1
  done
}

controlplane_check_runs() { # RUN COMPONENT
  if process_runs "$1" "$2"; then return 0; fi
  story_say "$2 has ended; the last lines of $1/logs/$2.log:"
  tail -n 15 "$1/logs/$2.log" >&2
  return 1
}

controlplane_check_tools() {
  local tool
  for tool in openssl nsenter setsid ip; do
    if ! command -v "$tool" >/dev/null; then
      story_say "$tool is missing. Install it: sudo apt-get install openssl util-linux iproute2"
      return 1
    fi
  done
}

# The functions below set `flags` of controlplane_start_component.

# The data is thrown away with the run directory: it need not survive a power cut.
controlplane_etcd_flags() { # RUN
  flags=(
    --name=lab
    --data-dir="$1/etcd"
    --listen-client-urls=http://127.0.0.1:2379
    --advertise-client-urls=http://127.0.0.1:2379
    --listen-peer-urls=http://127.0.0.1:2380
    --initial-advertise-peer-urls=http://127.0.0.1:2380
    --initial-cluster=lab=http://127.0.0.1:2380
    --unsafe-no-fsync
    --log-level=warn
  )
}

# Nothing publishes the endpoints of the service "kubernetes": the node translates its address itself. With
# aggregator routing, webhooks and aggregated APIs are called at their pods' addresses, for there is no
# kube-proxy where the API server runs.
controlplane_apiserver_flags() { # RUN
  local pki=$1/pki
  flags=(
    --etcd-servers=http://127.0.0.1:2379
    --bind-address=0.0.0.0
    --secure-port="$CONTROLPLANE_PORT"
    --advertise-address="$CONTROLPLANE_ADDRESS"
    --external-hostname="$CONTROLPLANE_ADDRESS"
    --endpoint-reconciler-type=none
    --service-cluster-ip-range="$CONTROLPLANE_SERVICE_RANGE"
    --tls-cert-file="$pki/apiserver.crt"
    --tls-private-key-file="$pki/apiserver.key"
    --client-ca-file="$pki/ca.crt"
    --kubelet-certificate-authority="$pki/ca.crt"
    --kubelet-client-certificate="$pki/apiserver-kubelet.crt"
    --kubelet-client-key="$pki/apiserver-kubelet.key"
    --kubelet-preferred-address-types=InternalIP
    --service-account-issuer=https://kubernetes.default.svc
    --service-account-key-file="$pki/service-accounts.key"
    --service-account-signing-key-file="$pki/service-accounts.key"
    "--authorization-mode=Node,RBAC"
    --enable-admission-plugins=NodeRestriction
    --allow-privileged=true
    --enable-aggregator-routing=true
    --requestheader-client-ca-file="$pki/front-proxy-ca.crt"
    --requestheader-allowed-names=front-proxy-client
    --requestheader-username-headers=X-Remote-User
    --requestheader-group-headers=X-Remote-Group
    --requestheader-extra-headers-prefix=X-Remote-Extra-
    --proxy-client-cert-file="$pki/front-proxy-client.crt"
    --proxy-client-key-file="$pki/front-proxy-client.key"
    --profiling=false
  )
}

# No pod ranges are handed out (the node's CNI configuration has its own) and nothing has to be elected. At
# the default rate of requests the controllers would start seconds later.
controlplane_controller_manager_flags() { # RUN
  local pki=$1/pki kubeconfig=$1/kubeconfig/controller-manager
  flags=(
    --kubeconfig="$kubeconfig"
    --authentication-kubeconfig="$kubeconfig"
    --authorization-kubeconfig="$kubeconfig"
    --bind-address=127.0.0.1
    '--controllers=*,-node-ipam-controller'
    --use-service-account-credentials
    --service-account-private-key-file="$pki/service-accounts.key"
    --root-ca-file="$pki/ca.crt"
    --cluster-signing-cert-file="$pki/ca.crt"
    --cluster-signing-key-file="$pki/ca.key"
    --kube-api-qps=200
    --kube-api-burst=400
    --leader-elect=false
    --profiling=false
  )
}

controlplane_scheduler_flags() { # RUN
  local kubeconfig=$1/kubeconfig/scheduler
  flags=(
    --kubeconfig="$kubeconfig"
    --authentication-kubeconfig="$kubeconfig"
    --authorization-kubeconfig="$kubeconfig"
    --bind-address=127.0.0.1
    --leader-elect=false
    --profiling=false
  )
}

# Makes all keys and certificates, in a folder that appears as a whole.
controlplane_make_certificates() { # PKI
  local pki=$1 part=$1.part
  if [[ -d $pki ]]; then return 0; fi
  rm -rf "$part"
  mkdir -p "$part" || return 1
  (
    set -e
    umask 077
    cd "$part"
    controlplane_ca ca /CN=lab-ca
    controlplane_ca front-proxy-ca /CN=lab-front-proxy-ca
    openssl ecparam -name prime256v1 -genkey -noout -out service-accounts.key
    controlplane_certificate ca apiserver /CN=kube-apiserver serverAuth \
      "IP:$CONTROLPLANE_ADDRESS,IP:127.0.0.1,IP:$CONTROLPLANE_SERVICE_ADDRESS,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
    controlplane_certificate ca apiserver-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
    controlplane_certificate front-proxy-ca front-proxy-client /CN=front-proxy-client clientAuth
    controlplane_certificate ca admin /O=system:masters/CN=lab-admin clientAuth
    controlplane_certificate ca controller-manager /CN=system:kube-controller-manager clientAuth
    controlplane_certificate ca scheduler /CN=system:kube-scheduler clientAuth
    controlplane_certificate ca kubelet "/O=system:nodes/CN=system:node:$CONTROLPLANE_NODE_NAME" clientAuth
    controlplane_certificate ca kubelet-server "/O=system:nodes/CN=system:node:$CONTROLPLANE_NODE_NAME" serverAuth \
      "IP:$CONTROLPLANE_NODE_ADDRESS,DNS:$CONTROLPLANE_NODE_NAME"
  ) || return 1
  mv -T "$part" "$pki"
}

# Makes NAME.key and a self-signed NAME.crt in the current folder.
controlplane_ca() { # NAME SUBJECT
  controlplane_openssl_request "$1" "$2" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

# Makes NAME.key and NAME.crt, signed by CA, in the current folder.
controlplane_certificate() { # CA NAME SUBJECT USAGE [SUBJECT_ALTERNATIVE_NAMES]
  local ca=$1 name=$2 subject=$3 usage=$4 names=${5:-}
  controlplane_openssl_request "$name" "$subject" -CA "$ca.crt" -CAkey "$ca.key" \
    -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
    -addext "extendedKeyUsage=$usage" ${names:+-addext "subjectAltName=$names"}
}

# Ten years: a lab that is kept must not end by a date. The empty configuration keeps the system's default
# extensions out.
controlplane_openssl_request() { # NAME SUBJECT OPTION...
  local name=$1 subject=$2 output
  shift 2
  output=$(openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -sha256 -days 3650 \
    -config <(printf '[req]\ndistinguished_name=subject\n[subject]\n') \
    -subj "$subject" -keyout "$name.key" -out "$name.crt" "$@" 2>&1) || {
    story_say "openssl made no certificate '$name': $output"
    return 1
  }
}

# Makes what another node needs to join: PKI/NODE.crt and .key of its server, and a kubeconfig for its kubelet.
controlplane_admit() { # RUN NODE ADDRESS
  local run=$1 node=$2 address=$3
  (
    set -e
    umask 077
    cd "$run/pki"
    controlplane_certificate ca "$node" "/O=system:nodes/CN=system:node:$node" clientAuth
    controlplane_certificate ca "$node-server" "/O=system:nodes/CN=system:node:$node" serverAuth "IP:$address,DNS:$node"
    controlplane_kubeconfig "$run/pki" "$node" "$CONTROLPLANE_ADDRESS" >"$run/kubeconfig/$node"
  )
}

# The certificates are embedded, so that a kubeconfig can be copied to the node.
controlplane_make_kubeconfigs() { # RUN
  local user address
  mkdir -p "$1/kubeconfig" || return 1
  for user in admin controller-manager scheduler kubelet; do
    address=127.0.0.1
    if [[ $user == kubelet ]]; then address=$CONTROLPLANE_ADDRESS; fi
    controlplane_kubeconfig "$1/pki" "$user" "$address" >"$1/kubeconfig/$user.part" || return 1
    chmod 600 "$1/kubeconfig/$user.part"
    mv "$1/kubeconfig/$user.part" "$1/kubeconfig/$user" || return 1
  done
}

controlplane_kubeconfig() { # PKI USER ADDRESS
  cat <<YAML
apiVersion: v1
kind: Config
current-context: lab
clusters:
- name: lab
  cluster:
    server: https://$3:$CONTROLPLANE_PORT
    certificate-authority-data: $(base64 -w 0 "$1/ca.crt")
users:
- name: $2
  user:
    client-certificate-data: $(base64 -w 0 "$1/$2.crt")
    client-key-data: $(base64 -w 0 "$1/$2.key")
contexts:
- name: lab
  context:
    cluster: lab
    user: $2
YAML
}
