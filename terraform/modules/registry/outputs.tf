output "repository" {
  description = "Address of the repository, to which the name of a function is added."
  value       = "${var.location}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.this.repository_id}"
  depends_on  = [google_artifact_registry_repository_iam_member.writer]
}
