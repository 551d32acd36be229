output "secrets" {
  description = "Secret that holds the address of each region's Redis, once it has a version and may be read."
  value       = { for region in var.regions : region => google_secret_manager_secret.url[region].secret_id }
  depends_on  = [google_secret_manager_secret_version.url, google_secret_manager_secret_iam_member.reader]
}
