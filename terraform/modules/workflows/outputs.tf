output "workflows" {
  description = "Names of the workflows."
  value       = sort(keys(google_workflows_workflow.this))
}
