#!/usr/bin/env bash
# Runs a command on a Kubernetes of one node on this machine: etcd, API server, controllers, scheduler, kubelet and containerd, with
# pods in containers. Network, mounts and processes are a namespace of their own; everything ends with this process.
#
#   tests/kubeflow/cluster/node.sh WORK PROGRAMS COMMAND...
#
# PROGRAMS holds what `programs.py` builds. WORK gets the data and a log of each program in WORK/log. COMMAND runs beside the API
# server with KUBECONFIG and CONTAINERD_ADDRESS set. There is no kube-proxy: the addresses of services are this node's own, so that
# what listens on such an address and port is that service.
#
# Exit code 75: something that this needs is not here, and the last line says what. Otherwise the code of COMMAND.
set -euo pipefail

services=(10.96.0.1 10.96.0.10 10.96.0.11 10.96.0.12) # Kubernetes, then those of objects.yaml
node=10.77.0.1
pods=10.88.0.0/16

lacks() {
  printf 'kubernetes: %s\n' "$*" >&2
  exit 75
}

if [ "${1:-}" != --inside ]; then
  [ "$(id -u)" = 0 ] || lacks "it needs root"
  for tool in etcd containerd runc ip openssl unshare mariadbd; do
    command -v "$tool" >/dev/null || lacks "there is no $tool (apt-get install etcd-server containerd runc containernetworking-plugins iproute2 openssl mariadb-server)"
  done
  [ -x /usr/lib/cni/ptp ] || lacks "there is no /usr/lib/cni/ptp (apt-get install containernetworking-plugins)"
  exec unshare --net --mount --pid --uts --fork --kill-child --mount-proc "$0" --inside "$@"
fi

work=$(realpath "$2")
export PATH="$3:$PATH" KUBECONFIG=$work/admin.conf CONTAINERD_ADDRESS=/run/containerd/containerd.sock
shift 3
log=$work/log

# Folders that the programs have fixed names for become folders of WORK; /run is empty.
own_folders() {
  mount --make-rshared /
  mount -t tmpfs -o mode=755 run /run
  local folder
  for folder in /var/lib/kubelet /var/log/pods /var/log/containers /etc/cni/net.d; do
    mkdir -p "$folder" "$work$folder"
    mount --bind "$work$folder" "$folder"
  done
  mount --make-shared /var/lib/kubelet
  mkdir -p "$log" "$work/pki" "$work/volume"
}

own_network() {
  hostname node
  ip link set lo up
  ip link add node0 type veth peer name node1
  ip link set node1 up
  ip address add "$node/24" dev node0
  ip link set node0 up
  ip route add default via 10.77.0.254
  local address
  for address in "${services[@]}"; do ip address add "$address/32" dev lo; done
  cat >/etc/cni/net.d/10-pods.conflist <<C
{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "subnet": "$pods",
 "routes": [{"dst": "0.0.0.0/0"}]}}]}
C
}

certificates() {
  cd "$work/pki"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=ca
  openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=kube-apiserver
  printf 'subjectAltName=DNS:kubernetes.default.svc,IP:127.0.0.1,IP:%s,IP:%s' "${services[0]}" "$node" >names
  openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names
  openssl genrsa -out accounts.key 2048
  openssl rsa -in accounts.key -pubout -out accounts.pub
  echo "administrator,admin,1,system:masters" >tokens.csv
} &>/dev/null

configuration() {
  cat >"$KUBECONFIG" <<C
apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: "https://127.0.0.1:443", certificate-authority: $work/pki/ca.crt}}]
users: [{name: admin, user: {token: administrator}}]
contexts: [{name: here, context: {cluster: here, user: admin, namespace: kubeflow}}]
current-context: here
C
  # This kernel's groups may be of version 1, and this process may not lower the scores by which the kernel ends processes.
  cat >"$work/kubelet.yaml" <<C
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
containerRuntimeEndpoint: unix://$CONTAINERD_ADDRESS
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
evictionHard: {memory.available: 100Mi}
imageGCHighThresholdPercent: 100
localStorageCapacityIsolation: false
resolvConf: ""
C
  cat >"$work/containerd.toml" <<C
version = 2
root = "$work/containerd"
state = "/run/containerd"
[grpc]
  address = "$CONTAINERD_ADDRESS"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
C
}

start() {
  "$@" >"$log/$(basename "$1").log" 2>&1 &
}

own_folders
own_network
certificates
configuration
cd "$work/pki"
start etcd --data-dir "$work/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --unsafe-no-fsync
start containerd --config "$work/containerd.toml"
start kube-apiserver --etcd-servers=http://127.0.0.1:2379 --secure-port=443 --advertise-address="$node" \
  --service-cluster-ip-range=10.96.0.0/16 --authorization-mode=AlwaysAllow --allow-privileged=true \
  --service-account-key-file=accounts.pub --service-account-signing-key-file=accounts.key \
  --service-account-issuer=https://kubernetes.default.svc --client-ca-file=ca.crt --tls-cert-file=server.crt \
  --tls-private-key-file=server.key --token-auth-file=tokens.csv
for _ in $(seq 240); do
  kubectl get --raw /readyz &>/dev/null && break
  sleep 0.5
done
start kube-controller-manager --kubeconfig="$KUBECONFIG" --service-account-private-key-file=accounts.key --root-ca-file=ca.crt \
  --leader-elect=false
start kube-scheduler --kubeconfig="$KUBECONFIG" --leader-elect=false
start kubelet --config="$work/kubelet.yaml" --kubeconfig="$KUBECONFIG" --hostname-override=node --node-ip="$node"
cd /
"$@"
