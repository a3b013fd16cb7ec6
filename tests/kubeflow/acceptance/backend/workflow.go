// Command workflow prints the Argo workflow that Kubeflow's API server makes of a compiled pipeline, as JSON.
//
//	workflow pipeline.yaml PIPELINE_ROOT RUN_ID NAMESPACE
package main

import (
	"fmt"
	"os"

	"github.com/kubeflow/pipelines/backend/src/apiserver/model"
	"github.com/kubeflow/pipelines/backend/src/apiserver/template"
)

func main() {
	if len(os.Args) != 5 {
		fail(fmt.Errorf("usage: workflow pipeline.yaml PIPELINE_ROOT RUN_ID NAMESPACE"))
	}
	text, err := compiled(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		fail(err)
	}
	fmt.Println(text)
}

// compiled returns what the API server submits to Argo for one run.
func compiled(file, root, runID, namespace string) (string, error) {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	// As the server does it: from the bytes, so that it finds out by itself that this is a pipeline of version 2.
	pipeline, err := template.New(bytes)
	if err != nil {
		return "", err
	}
	if kind := pipeline.GetTemplateType(); kind != template.V2 {
		return "", fmt.Errorf("%s: read as %s", file, kind)
	}
	run := &model.Run{UUID: runID, DisplayName: "acceptance", Namespace: namespace}
	// The server does not read defaultPipelineRoot; `submit` and `schedule` pass the root with each run.
	run.RuntimeConfig.PipelineRoot = root
	workflow, err := pipeline.RunWorkflow(run, template.RunWorkflowOptions{RunId: runID})
	if err != nil {
		return "", err
	}
	// Argo's own check of names, references and placeholders, which the server runs before it submits.
	if err := workflow.Validate(false, false); err != nil {
		return "", err
	}
	return workflow.ToStringForStore(), nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
