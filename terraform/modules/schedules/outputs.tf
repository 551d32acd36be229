output "jobs" {
  description = "Names of the jobs."
  value       = { for name, job in google_cloud_scheduler_job.this : name => job.name }
}
