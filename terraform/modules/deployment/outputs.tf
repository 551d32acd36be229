output "addresses" {
  description = "Addresses for the DNS records of the domains."
  value       = length(module.edge) == 0 ? {} : module.edge[0].addresses
}

output "urls" {
  description = "Root address of each service."
  value       = { for key in keys(local.deployed) : key => local.url[key] }
}

output "backups" {
  description = "PLACE of `swell backup create`."
  value       = "gs://${module.buckets.backups}"
}

output "repository" {
  description = "Where images go."
  value       = module.registry.repository
}

output "delivery" {
  description = "The account that delivery runs as."
  value       = module.identities.delivery.email
}

output "environment" {
  description = "Environment of each service, without secrets."
  value       = local.environment
}
