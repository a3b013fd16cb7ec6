//go:build programs

package main

// What the tests on Kubernetes build beside `workflow`, so that go.sum holds what it needs.
import (
	_ "github.com/kubeflow/pipelines/backend/src/agent/persistence"
	_ "github.com/kubeflow/pipelines/backend/src/apiserver"
)
