"""The verbs on app clients and their secrets."""

from __future__ import annotations

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.kernel.call import Call, require_to_pass
from poolhouse.kernel.catalogue import performs
from poolhouse.kernel.paging import bookmarks, place_of
from poolhouse.pages import page, size_of
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.clients.rules import secrets as rules
from poolhouse.userpools.clients.rules.oauth import Offers
from poolhouse.userpools.clients.rules.settings import (
    Place,
    as_client_type,
    as_description,
    check_settings,
    roles,
    settings_of,
)
from poolhouse.userpools.clients.store import Clients, missing, missing_secret
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools

# As many as AWS grants a pool, on request.
MOST_CLIENTS = 10_000


@performs(idp.CreateUserPoolClient, once=True)
def create_user_pool_client(
    call: Call[Signed], ask: idp.CreateUserPoolClientRequest
) -> idp.CreateUserPoolClientResponse:
    """Makes a client of a pool, with a secret where one is asked for or given."""
    pool, clients = Pools(call.unit).get(ask.user_pool_id), _clients(call)
    if ask.generate_secret and ask.client_secret:
        raise idp.InvalidParameterException(
            "ClientSecret cannot be given where GenerateSecret is true."
        )
    secret = ids.client_secret() if ask.generate_secret else ask.client_secret
    settings, confidential = settings_of(ask), secret is not None
    check_settings(settings, Place(pool, _offers(pool), confidential, "creating"))
    _pass_roles(call, settings)
    if clients.count(pool) >= MOST_CLIENTS:
        raise idp.LimitExceededException("The user pool has the most app clients it can have.")
    name, now = ask.client_name, call.now
    client = Client(ids.client(), pool.id, name, settings, confidential, 1, now, now)
    clients.add(client)
    if secret is not None:
        clients.add_secret(client, secret, now)
    return idp.CreateUserPoolClientResponse(user_pool_client=as_client_type(client, secret))


@performs(idp.DescribeUserPoolClient)
def describe_user_pool_client(
    call: Call[Signed], ask: idp.DescribeUserPoolClientRequest
) -> idp.DescribeUserPoolClientResponse:
    """Everything that is set of a client, its oldest live secret included."""
    clients = _clients(call)
    client = clients.get_in(Pools(call.unit).get(ask.user_pool_id), ask.client_id)
    return idp.DescribeUserPoolClientResponse(
        user_pool_client=as_client_type(client, _first_secret(clients, client))
    )


@performs(idp.UpdateUserPoolClient)
def update_user_pool_client(
    call: Call[Signed], ask: idp.UpdateUserPoolClientRequest
) -> idp.UpdateUserPoolClientResponse:
    """Sets a client anew: what is left out takes its default, and the secret stays."""
    pool, clients = Pools(call.unit).get(ask.user_pool_id), _clients(call)
    client, settings = clients.lock_in(pool, ask.client_id), settings_of(ask)
    check_settings(settings, Place(pool, _offers(pool), client.has_secret, "updating"))
    _pass_roles(call, settings)
    name = ask.client_name or client.name
    changed = clients.change(client, name=name, settings=settings, now=call.now)
    if changed is None:
        raise idp.ConcurrentModificationException("The app client was changed meanwhile.")
    return idp.UpdateUserPoolClientResponse(
        user_pool_client=as_client_type(changed, _first_secret(clients, changed))
    )


@performs(idp.DeleteUserPoolClient)
def delete_user_pool_client(call: Call[Signed], ask: idp.DeleteUserPoolClientRequest) -> None:
    """Removes a client with its secrets and sessions."""
    pool, clients = Pools(call.unit).get(ask.user_pool_id), _clients(call)
    if not clients.remove(pool, ask.client_id):
        raise missing(ask.client_id)


@performs(idp.ListUserPoolClients)
def list_user_pool_clients(
    call: Call[Signed], ask: idp.ListUserPoolClientsRequest
) -> idp.ListUserPoolClientsResponse:
    """The clients of a pool. None was registered dynamically, so `DCR` finds nothing."""
    pool = Pools(call.unit).get(ask.user_pool_id)
    marks = bookmarks(call, idp.ListUserPoolClients, pool.id, ask.client_type or "")
    size = size_of(ask.max_results)
    (after,) = place_of(marks, ask.next_token) or [""]
    clients = _clients(call).list(pool, after, size + 1) if ask.client_type != "DCR" else []
    found = page(marks, clients, size, _by_id)
    return idp.ListUserPoolClientsResponse(
        user_pool_clients=[as_description(client) for client in found.items],
        next_token=found.next_token,
    )


@performs(idp.AddUserPoolClientSecret, once=True)
def add_user_pool_client_secret(
    call: Call[Signed], ask: idp.AddUserPoolClientSecretRequest
) -> idp.AddUserPoolClientSecretResponse:
    """Gives a confidential client a second secret, so that the first can be replaced."""
    clients = _clients(call)
    client = clients.lock_in(Pools(call.unit).get(ask.user_pool_id), ask.client_id)
    rules.check_one_more(client.has_secret, len(clients.secret_ids(client)))
    secret = ask.client_secret or ids.client_secret()
    secret_id = clients.add_secret(client, secret, call.now)
    return idp.AddUserPoolClientSecretResponse(
        client_secret_descriptor=idp.ClientSecretDescriptorType(
            client_secret_id=secret_id,
            client_secret_value=None if ask.client_secret else secret,
            client_secret_create_date=call.now,
        )
    )


@performs(idp.ListUserPoolClientSecrets)
def list_user_pool_client_secrets(
    call: Call[Signed], ask: idp.ListUserPoolClientSecretsRequest
) -> idp.ListUserPoolClientSecretsResponse:
    """The secrets of a client, never their values. There are two at most, so no second page."""
    clients = _clients(call)
    client = clients.get_in(Pools(call.unit).get(ask.user_pool_id), ask.client_id)
    place_of(bookmarks(call, idp.ListUserPoolClientSecrets, client.id), ask.next_token)
    return idp.ListUserPoolClientSecretsResponse(
        client_secrets=[
            idp.ClientSecretDescriptorType(
                client_secret_id=secret_id, client_secret_create_date=created_at
            )
            for secret_id, created_at in clients.secret_ids(client).items()
        ]
    )


@performs(idp.DeleteUserPoolClientSecret)
def delete_user_pool_client_secret(
    call: Call[Signed], ask: idp.DeleteUserPoolClientSecretRequest
) -> idp.DeleteUserPoolClientSecretResponse:
    """Removes a secret of a client, which proves nothing from now on; never the last one."""
    clients = _clients(call)
    client = clients.lock_in(Pools(call.unit).get(ask.user_pool_id), ask.client_id)
    known = clients.secret_ids(client)
    if ask.client_secret_id not in known:
        raise missing_secret(ask.client_secret_id)
    rules.check_one_fewer(len(known))
    clients.remove_secret(client, ask.client_secret_id)
    return idp.DeleteUserPoolClientSecretResponse()


def _offers(pool: Pool) -> Offers:
    """What a client of the pool may name. Other providers and resource servers do not exist yet;
    when they do, their stores are asked here."""
    return Offers(pool.id, providers=frozenset(["COGNITO"]), scopes=frozenset())


def _clients(call: Call[Signed]) -> Clients:
    return Clients(call.unit, call.services.sealer)


def _pass_roles(call: Call[Signed], settings: idp.UserPoolClientType) -> None:
    for role in roles(settings):
        require_to_pass(call.caller, role, idp.SERVICE)


def _first_secret(clients: Clients, client: Client) -> str | None:
    return next(iter(clients.secrets(client)), None)


def _by_id(client: Client) -> tuple[str, ...]:
    return (client.id,)
