output "index" {
  description = "Bucket of each region."
  value       = { for region, bucket in google_storage_bucket.index : region => bucket.name }
}

output "backups" {
  description = "Bucket of backups: the PLACE of `swell backup create gs://…`."
  value       = google_storage_bucket.backups.name
}

output "sources" {
  description = "Bucket of what releases are built from."
  value       = google_storage_bucket.sources.name
  depends_on  = [google_storage_bucket_iam_member.sources]
}
