# Put together from what is known when planning, so that a plan shows who may do what; whoever uses them waits for the
# accounts all the same.

locals {
  account = { for id in concat(
    [for account in values(google_service_account.function) : account.account_id],
    [for account in values(google_service_account.operator) : account.account_id],
    [google_service_account.push.account_id, google_service_account.delivery.account_id],
    ) : id => {
    email  = "${id}@${var.project_id}.iam.gserviceaccount.com"
    member = "serviceAccount:${id}@${var.project_id}.iam.gserviceaccount.com"
    name   = "projects/${var.project_id}/serviceAccounts/${id}@${var.project_id}.iam.gserviceaccount.com"
  } }
}

output "functions" {
  description = "Service account of each function: e-mail, IAM member and resource name."
  value       = { for name, account in google_service_account.function : name => local.account[account.account_id] }
  depends_on  = [google_service_account.function]
}

output "push" {
  description = "The account that subscriptions push with."
  value       = local.account[google_service_account.push.account_id]
  depends_on  = [google_service_account.push]
}

output "operators" {
  description = "Service account of each operating role."
  value       = { for role, account in google_service_account.operator : role => local.account[account.account_id] }
  depends_on  = [google_service_account.operator]
}

output "delivery" {
  description = "The account that delivery runs as."
  value       = local.account[google_service_account.delivery.account_id]
  depends_on  = [google_service_account.delivery]
}

output "abilities" {
  description = "Custom role of each ability that some function has."
  value       = { for name, role in google_project_iam_custom_role.ability : name => "projects/${var.project_id}/roles/${role.role_id}" }
  depends_on  = [google_project_iam_custom_role.ability]
}
