variable "project_id" {
  description = "Google Cloud project that is watched."
  type        = string
}

variable "project_number" {
  description = "Its number: budgets name projects by it."
  type        = string
  validation {
    condition     = can(regex("^[0-9]+$", var.project_number))
    error_message = "project_number: digits."
  }
}

variable "billing_account" {
  description = "Billing account of the project (XXXXXX-XXXXXX-XXXXXX)."
  type        = string
  validation {
    condition     = can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account: XXXXXX-XXXXXX-XXXXXX."
  }
}

variable "month_usd" {
  description = "What a calendar month may cost, in whole US dollars."
  type        = number
  validation {
    condition     = var.month_usd >= 1 && floor(var.month_usd) == var.month_usd
    error_message = "month_usd: a whole number, at least 1."
  }
}

variable "shares" {
  description = "Shares of it at which somebody is told; forecast: whether what is foreseen counts."
  type        = list(object({ share = number, forecast = bool }))
  default = [
    { share = 0.5, forecast = false },
    { share = 0.8, forecast = false },
    { share = 0.9, forecast = false },
    { share = 1.0, forecast = false },
    { share = 1.0, forecast = true },
  ]
  validation {
    condition     = alltrue([for each in var.shares : each.share > 0 && each.share <= 2])
    error_message = "shares.*.share: above 0, 2 at most."
  }
}

variable "channels" {
  description = "Notification channels that are told; five at most."
  type        = list(string)
  validation {
    condition     = length(var.channels) <= 5
    error_message = "channels: a budget takes five."
  }
}

variable "topic" {
  description = "Resource name of the topic that notices go to."
  type        = string
}
