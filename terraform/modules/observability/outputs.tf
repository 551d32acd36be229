output "channels" {
  description = "Notification channels."
  value       = [for channel in google_monitoring_notification_channel.email : channel.id]
}

output "alerts" {
  description = "Alerts that there are."
  value       = sort(keys(google_monitoring_alert_policy.this))
}
