variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "region" {
  description = "Region of Cloud Scheduler."
  type        = string
}

variable "schedules" {
  description = "Schedules of topology.yaml: when, and the event that is published."
  type = map(object({
    cron      = string
    time_zone = string
    topic     = string
    event     = string
    body      = string
  }))
  validation {
    condition     = alltrue([for each in var.schedules : length(split(" ", each.cron)) == 5])
    error_message = "schedules.*.cron: five fields."
  }
  validation {
    condition     = alltrue([for each in var.schedules : can(jsondecode(each.body))])
    error_message = "schedules.*.body: JSON."
  }
}

variable "topics" {
  description = "Resource names of the topics."
  type        = map(string)
  validation {
    condition     = length(setsubtract([for each in var.schedules : each.topic], keys(var.topics))) == 0
    error_message = "topics: those of all schedules."
  }
}

variable "is_paused" {
  description = "Whether nothing is published: while a deployment is taken apart, or restored."
  type        = bool
  default     = false
}
