variable "project_id" {
  description = "Google Cloud project."
  type        = string
}

variable "log_metrics" {
  description = "Metrics of log lines (alerts.yaml)."
  type = map(object({
    description = string
    message     = string
    where       = optional(map(string), {})
    where_not   = optional(map(string), {})
    labels      = list(string)
    value       = optional(string)
    unit        = optional(string, "1")
  }))
}

variable "slos" {
  description = "Promises (alerts.yaml): `goal` is the share of requests to `backends` that is good; with `under_ms`, that is as fast."
  type = map(object({
    title    = string
    backends = list(string)
    goal     = number
    under_ms = optional(number)
  }))
  validation {
    condition     = alltrue([for each in var.slos : each.goal > 0 && each.goal < 1])
    error_message = "slos.*.goal: above 0 and below 1: a promise of everything has no error budget."
  }
}

variable "alerts" {
  description = "What wakes somebody (alerts.yaml): each has exactly one of burn, threshold, absent."
  type = map(object({
    title    = string
    severity = string
    meaning  = string
    first    = list(string)
    burn     = optional(object({ slo = string, rate = number, long = string, short = string }))
    threshold = optional(object({
      metric     = optional(string)
      log_metric = optional(string)
      resource   = optional(string, "cloud_run_revision")
      where      = optional(string)
      aligner    = string
      reducer    = string
      group_by   = optional(list(string), [])
      above      = optional(number)
      below      = optional(number)
      for_s      = number
      period_s   = number
    }))
    absent = optional(object({
      log_metric = string
      where      = optional(string)
      group_by   = optional(list(string), [])
      for_s      = number
      period_s   = number
    }))
  }))
  validation {
    condition     = alltrue([for each in var.alerts : length([for kind in [each.burn, each.threshold, each.absent] : kind if kind != null]) == 1])
    error_message = "alerts.*: exactly one of burn, threshold, absent."
  }
  validation {
    condition     = alltrue([for each in var.alerts : contains(["CRITICAL", "ERROR", "WARNING"], each.severity)])
    error_message = "alerts.*.severity: CRITICAL, ERROR or WARNING."
  }
  validation {
    condition     = alltrue([for each in var.alerts : each.threshold == null ? true : (each.threshold.metric == null) != (each.threshold.log_metric == null)])
    error_message = "alerts.*.threshold: metric or log_metric."
  }
  validation {
    condition     = alltrue([for each in var.alerts : each.threshold == null ? true : (each.threshold.above == null) != (each.threshold.below == null)])
    error_message = "alerts.*.threshold: above or below."
  }
  validation {
    condition     = alltrue([for each in var.alerts : each.burn == null ? true : contains(keys(var.slos), each.burn.slo)])
    error_message = "alerts.*.burn.slo: a key of slos."
  }
  validation {
    condition = alltrue([for each in var.alerts : (
      each.absent != null ? contains(keys(var.log_metrics), each.absent.log_metric) :
      each.threshold == null ? true :
      each.threshold.log_metric == null ? true : contains(keys(var.log_metrics), each.threshold.log_metric)
    )])
    error_message = "alerts.*.log_metric: a key of log_metrics."
  }
}

variable "backends" {
  description = "Names of the load balancer's backend services, by backend; empty without a load balancer, and then there are no SLOs: nothing sees requests as clients do."
  type        = map(string)
}

variable "emails" {
  description = "Addresses that are told."
  type        = set(string)
  validation {
    condition     = alltrue([for each in var.emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", each))])
    error_message = "emails: e-mail addresses."
  }
}

variable "runbook_url" {
  description = "Where docs/runbook.md can be read; an alert adds #<its name>."
  type        = string
  validation {
    condition     = can(regex("^https://[^#]+$", var.runbook_url))
    error_message = "runbook_url: https://…, without a fragment."
  }
}

variable "labels" {
  description = "Labels of policies and SLOs."
  type        = map(string)
  default     = {}
}
