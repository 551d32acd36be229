# topology.yaml and functions.yaml as what is to be made: which service stands where, under which address.

locals {
  root     = "${path.module}/../../.."
  text     = file("${local.root}/topology.yaml")
  topology = yamldecode(local.text)
  facts    = yamldecode(file("${local.root}/terraform/functions.yaml"))
  watch    = yamldecode(file("${local.root}/terraform/alerts.yaml"))

  home = local.topology.home_region
  # Maps lose the order of the file, and a subnetwork's addresses go by it.
  in_order  = [for found in regexall("(?m)^  ([a-z]+-[a-z]+[0-9]+):\\s*[{]tier", replace(local.text, "/\\n    [{]tier/", " {tier")) : found[0]]
  regions   = var.regions == null ? toset(keys(local.topology.regions)) : var.regions
  tier      = { for name, region in local.topology.regions : name => region.tier }
  functions = local.topology.functions

  # One service for each function and region; what takes gRPC beside HTTP has a second one of the same code.
  service_list = flatten([
    for name, function in local.functions : [
      for region in function.placement == "home" ? [local.home] : sort(local.regions) : [
        for grpc in lookup(local.facts[name], "grpc", null) == null ? [false] : [false, true] : {
          function = name
          region   = region
          is_grpc  = grpc
          service  = "${replace(name, "_", "-")}${grpc ? "-grpc" : ""}"
          port     = grpc ? { number = local.facts[name].grpc.port, protocol = "h2c" } : { number = 8080, protocol = "http1" }
        }
      ]
    ]
  ])
  # Known before the service is: a function is told its own address, and refuses tokens that are for another.
  services = { for each in local.service_list : "${each.service}/${each.region}" => merge(each, {
    url = "https://${each.service}-${var.project_number}.${each.region}.run.app"
  }) }
  url = { for key, each in local.services : key => each.url }

  # What a region may have by its tier, and a new project's quota allows.
  instances = { for key, each in local.services : key => {
    min = min(local.functions[each.function].instances[local.tier[each.region]].min, coalesce(var.most_instances, 1000))
    max = min(local.functions[each.function].instances[local.tier[each.region]].max, coalesce(var.most_instances, 1000))
  } }

  deployed = var.deploys_functions ? local.services : {}

  # A subscription of a regional function exists once in every region.
  subscription_list = flatten([
    for name, each in local.topology.subscriptions : [
      for region in local.functions[each.push_function].placement == "home" ? [null] : sort(local.regions) : {
        name = region == null ? name : "${name}.${region}"
        value = {
          topic                 = each.topic
          endpoint              = local.url["${replace(each.push_function, "_", "-")}/${region == null ? local.home : region}"]
          ordered               = each.ordered
          ack_deadline_s        = each.ack_deadline_s
          function_timeout_s    = local.functions[each.push_function].timeout_s
          min_backoff_s         = each.min_backoff_s
          max_backoff_s         = each.max_backoff_s
          max_delivery_attempts = each.max_delivery_attempts
          dead_letter_topic     = each.dead_letter_topic
          retention_s           = each.retention_s
        }
      }
    ]
  ])
  subscriptions = { for each in local.subscription_list : each.name => each.value }

  # Roles that operate functions; workflows have one whether or not a function names it.
  operators = setunion(["workflows"], flatten([for function in values(local.functions) : lookup(function, "operators", [])]))

  # What a function publishes: its events, and dead letters of its own.
  publisher_list = flatten([
    for name, function in local.functions : [
      for topic in setunion(
        local.facts[name].publishes,
        [for each in values(local.topology.subscriptions) : each.dead_letter_topic if each.push_function == name],
      ) : { key = "${name}/${topic}", topic = topic, member = module.identities.functions[name].member }
    ]
  ])

  # Which kinds of caller are told apart where: those beside clients need a key or a token that the function checks.
  operator_paths = distinct(flatten([
    for name in ["control", "coordination"] : [for route in local.functions[name].routes : regex("^/v1/[a-z-]+", route.path)]
  ]))
}
