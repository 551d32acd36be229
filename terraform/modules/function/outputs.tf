output "name" {
  description = "Name of the Cloud Run service."
  value       = google_cloud_run_v2_service.this.name
}

output "region" {
  description = "Region of the service."
  value       = google_cloud_run_v2_service.this.location
}
