/// The answers of every endpoint to every caller, written out: the test refuses a new endpoint until it stands here.
///
/// The input is the contract's own example, which names ada. A column for each caller: without a token, a guest, ada
/// herself, bob, an administrator, and ada's tokens that have expired and that were revoked.
enum AccessMatrix {
    static let rows: [String: [Int]] = {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        return Dictionary(uniqueKeysWithValues: lines.map { ($0[0], $0.dropFirst().compactMap { Int($0) }) })
    }()

    //                          none guest ada bob root expired revoked
    private static let text = """
        auth.create             201 201 201 201 201 201 201
        auth.refresh            401 401 401 401 401 401 401
        auth.token              401 401 401 401 401 401 401
        auth.revoke             200 200 200 200 200 200 200
        auth.introspect         401 403 403 403 200 401 401
        auth.revoke_token       401 401 401 401 401 401 401
        auth.introspect_token   401 401 401 401 401 401 401
        auth.valid              401 200 200 403 403 401 401
        auth.me                 401 200 200 200 200 401 401
        auth.keys               200 200 200 200 200 200 200
        auth.trust_updates            200 200 200 200 200 200 200
        auth.metadata           200 200 200 200 200 200 200
        auth.add_user           401 403 403 403 409 401 401
        auth.list_users         401 403 403 403 200 401 401
        auth.show_user          401 403 200 403 200 401 401
        auth.change_password    401 403 200 403 403 401 401
        auth.set_permissions    401 403 403 403 403 401 401
        auth.lock_user          401 403 403 403 200 401 401
        auth.unlock_user        401 403 403 403 200 401 401
        auth.remove_user        401 403 403 403 200 401 401
        auth.list_roles         401 403 403 403 200 401 401
        auth.add_client         401 403 403 403 403 401 401
        auth.list_clients       401 403 403 403 200 401 401
        auth.rotate_client      401 403 403 403 404 401 401
        auth.remove_client      401 403 403 403 404 401 401
        auth.smoke              200 200 200 200 200 200 200
        resource.current_time   401 200 200 403 403 401 401
        resource.epoch_time     401 200 200 403 403 401 401
        resource.smoke          200 200 200 200 200 200 200
        webapp.current_time     200 200 200 403 403 401 401
        webapp.epoch_time       200 200 200 403 403 401 401
        webapp.clock            200 200 200 403 403 401 401
        webapp.sign_in          201 201 201 201 201 201 201
        webapp.refresh          401 401 401 401 401 401 401
        webapp.sign_out         200 200 200 200 200 200 200
        webapp.session          401 200 200 200 200 401 401
        webapp.services         200 200 200 200 200 200 200
        webapp.calls            200 200 200 200 200 200 200
        webapp.compare          202 202 202 202 202 202 202
        webapp.comparison       200 200 200 200 200 200 200
        webapp.list_users       401 403 403 403 200 401 401
        webapp.add_user         401 403 403 403 409 401 401
        webapp.set_permissions  401 403 403 403 403 401 401
        webapp.lock_user        401 403 403 403 200 401 401
        webapp.unlock_user      401 403 403 403 200 401 401
        webapp.remove_user      401 403 403 403 200 401 401
        webapp.smoke            200 200 200 200 200 200 200
        boilerplate.greet       200 200 200 200 200 200 200
        boilerplate.smoke       200 200 200 200 200 200 200
        """
}
